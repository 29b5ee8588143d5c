namespace Highwater.EmbeddedHost;

/// <summary>The host cannot work with what is in its state directory.</summary>
/// <param name="reason">What is the matter, a sentence.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="inner">What told of it.</param>
public sealed class StateUnusableException(string reason, string remedy, Exception? inner = null)
    : IOException(reason, inner)
{
    public string Remedy { get; } = remedy;
}
