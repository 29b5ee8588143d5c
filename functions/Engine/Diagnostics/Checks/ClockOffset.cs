namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>How far another clock is from this machine's.</summary>
/// <param name="Whose">The server, or a repository's name.</param>
/// <param name="Ahead">Positive if the other clock is ahead; zero if they may agree.</param>
public sealed record ClockOffset(string Whose, TimeSpan Ahead)
{
    /// <summary>What a moment read from another clock says, when it was read between two moments by ours.</summary>
    /// <param name="whose">The other clock.</param>
    /// <param name="read">By the other clock.</param>
    /// <param name="earliest">By ours.</param>
    /// <param name="latest">By ours.</param>
    public static ClockOffset Between(
        string whose, DateTimeOffset read, DateTimeOffset earliest, DateTimeOffset latest) =>
        new(whose, read < earliest ? read - earliest : read > latest ? read - latest : TimeSpan.Zero);
}
