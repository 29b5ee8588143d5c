using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Retention;

/// <summary>What stands in a repository, as far as retention may delete it.</summary>
/// <param name="Backups">Every committed base backup that can be understood.</param>
/// <param name="Unreadable">The others: nobody knows what they need.</param>
/// <param name="BackupObjects">Everything under <c>base-backups/</c>.</param>
/// <param name="Wal">Everything under <c>wal-archive/</c>.</param>
/// <param name="Packs">Everything under <c>packs/</c>.</param>
/// <param name="Temporary">Everything under <c>tmp/</c>.</param>
/// <param name="SegmentSize">Of the cluster.</param>
/// <param name="Now">UTC.</param>
public sealed record RetentionInput(
    IReadOnlyList<RetentionBackup> Backups,
    IReadOnlyList<BackupId> Unreadable,
    IReadOnlyList<StorageEntry> BackupObjects,
    IReadOnlyList<StorageEntry> Wal,
    IReadOnlyList<StorageEntry> Packs,
    IReadOnlyList<StorageEntry> Temporary,
    WalSegmentSize SegmentSize,
    DateTimeOffset Now);
