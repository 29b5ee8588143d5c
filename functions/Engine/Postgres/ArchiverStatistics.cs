namespace Highwater.Engine.Postgres;

/// <summary>What pg_stat_archiver says (documentation, "The Cumulative Statistics System"). Null: never
/// happened.</summary>
public sealed record ArchiverStatistics(
    long ArchivedCount,
    string? LastArchivedWal,
    DateTimeOffset? LastArchivedAt,
    long FailedCount,
    string? LastFailedWal,
    DateTimeOffset? LastFailedAt)
{
    /// <summary>Whether the latest attempt failed.</summary>
    public bool IsFailing => LastFailedAt is { } failed && (LastArchivedAt is not { } archived || failed > archived);
}
