using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Restore;

/// <summary>All the planner knows of a repository.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="SegmentSize">Of the cluster.</param>
/// <param name="Backups">The committed base backups, oldest first.</param>
/// <param name="Faults">What those lack that cannot be restored.</param>
/// <param name="Wal">Names of its WAL.</param>
/// <param name="Ends">By the last segment of a reach: what its last records say. Only where the target makes it
/// matter.</param>
/// <param name="Landmark">Where the transaction or restore point asked for is; null if it was not found or not asked
/// for.</param>
public sealed record RestoreFacts(
    string Repository,
    string Address,
    WalSegmentSize SegmentSize,
    IReadOnlyList<BackupRecord> Backups,
    IReadOnlyDictionary<BackupId, string> Faults,
    WalContinuity Wal,
    IReadOnlyDictionary<WalSegmentName, WalEnd> Ends,
    WalLandmark? Landmark);
