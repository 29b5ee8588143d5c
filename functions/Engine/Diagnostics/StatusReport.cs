namespace Highwater.Engine.Diagnostics;

/// <summary>How the whole installation is.</summary>
/// <param name="At">When it was read, UTC.</param>
/// <param name="Repositories">Each repository, in the order of the settings.</param>
/// <param name="Spool">What waits there.</param>
/// <param name="Server">The server; null if it was not asked.</param>
/// <param name="Lines">What it means, with remedies, in the order of the parts above.</param>
public sealed record StatusReport(
    DateTimeOffset At,
    IReadOnlyList<RepositoryStatus> Repositories,
    SpoolStatus Spool,
    ServerStatus? Server,
    IReadOnlyList<StatusLine> Lines)
{
    /// <summary>The worst of all lines.</summary>
    public StatusLevel Level => Lines.Count == 0 ? StatusLevel.Fail : Lines.Max(line => line.Level);
}
