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
    /// <summary>Since when it counts: when it was reset, or the cluster began.</summary>
    public DateTimeOffset? ResetAt { get; init; }

    /// <summary>Whether the latest attempt failed.</summary>
    public bool IsFailing => LastFailedAt is { } failed && (LastArchivedAt is not { } archived || failed > archived);
}
