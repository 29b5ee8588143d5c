using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Cli.Commands;

/// <summary>A base backup as <c>highwater list</c> shows it; what is null is unknown.</summary>
internal sealed record ListedBackup(
    string Repository,
    BackupId Id,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    long? DatabaseBytes,
    long? StoredBytes,
    uint? Timeline,
    Lsn? StartLsn,
    Lsn? StopLsn,
    bool Restorable,
    Lsn? RecoverableUpTo,
    string? Problem);
