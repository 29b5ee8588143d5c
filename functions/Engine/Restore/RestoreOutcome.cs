namespace Highwater.Engine.Restore;

/// <summary>What a restore did.</summary>
/// <param name="Directory">The data directory, absolute.</param>
/// <param name="Files">Regular files restored and verified.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="ReadBytes">Bytes read from repositories for them.</param>
/// <param name="ReplacedChunks">Chunks that another repository had to give because the first one's were unreadable or
/// wrong.</param>
/// <param name="Owner">Who owns the files now; null if that was left alone.</param>
/// <param name="Elapsed">Wall time.</param>
/// <param name="Notices">What the operator should know before starting the server, in full sentences.</param>
public sealed record RestoreOutcome(
    string Directory,
    long Files,
    long Bytes,
    long ReadBytes,
    long ReplacedChunks,
    string? Owner,
    TimeSpan Elapsed,
    IReadOnlyList<string> Notices);
