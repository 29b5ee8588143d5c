namespace Highwater.Engine.Errors;

/// <summary>A <see cref="HighwaterException"/> that may pass by itself: the network is away, a server restarts, a disk
/// is full.</summary>
public sealed class TransientException(ErrorCode code, string whatHappened, string remedy, Exception? inner = null)
    : HighwaterException(code, whatHappened, remedy, inner);
