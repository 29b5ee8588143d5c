using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>What the server says of its WAL (pg_stat_archiver, see "The Cumulative Statistics System").</summary>
/// <param name="Reachable">Whether it answered; if not, nothing below is known.</param>
/// <param name="Error">Why it did not; null if it did.</param>
/// <param name="CurrentLsn">Where it writes.</param>
/// <param name="LastArchived">The last file archive_command took.</param>
/// <param name="LastArchivedAt">UTC.</param>
/// <param name="LastFailed">The last file archive_command refused.</param>
/// <param name="LastFailedAt">UTC.</param>
/// <param name="FailedCount">How often it refused since the statistics were reset.</param>
public sealed record ServerStatus(
    bool Reachable,
    string? Error,
    Lsn? CurrentLsn,
    string? LastArchived,
    DateTimeOffset? LastArchivedAt,
    string? LastFailed,
    DateTimeOffset? LastFailedAt,
    long FailedCount);
