using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Diagnostics;

/// <summary>How one repository is.</summary>
/// <param name="Name">What operators call it.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Reachable">Whether it could be read; if not, nothing below is known.</param>
/// <param name="Error">Why it could not be read; null if it could.</param>
/// <param name="Storage">Durability and room.</param>
/// <param name="Backups">How many base backups are committed.</param>
/// <param name="RestorableBackups">How many of them have the WAL they need.</param>
/// <param name="NewestRestorable">The newest of those, or null.</param>
/// <param name="RecoveryTimeline">The timeline of the recovery point.</param>
/// <param name="RecoveryPoint">Up to where the newest restorable base backup can be recovered without a gap.</param>
/// <param name="RecoveryPointArrivedAt">When the segment that ends there arrived, UTC.</param>
/// <param name="MissingSegments">Segments that lack between others, oldest first.</param>
/// <param name="Behind">What the first repository has and this one lacks; null for the first, or where unknown.</param>
public sealed record RepositoryStatus(
    string Name,
    string Address,
    bool Reachable,
    string? Error,
    StorageFacts? Storage,
    int Backups,
    int RestorableBackups,
    BackupId? NewestRestorable,
    uint? RecoveryTimeline,
    Lsn? RecoveryPoint,
    DateTimeOffset? RecoveryPointArrivedAt,
    IReadOnlyList<WalSegmentName> MissingSegments,
    ReplicationBacklog? Behind);
