using Highwater.Engine.Repository;

namespace Highwater.Engine.Retention;

/// <summary>What a prune does, in the order it does it: commits first, the bytes they name last.</summary>
/// <param name="KeptBackups">The base backups that stay, oldest first.</param>
/// <param name="Backups">The base backups that go, oldest first.</param>
/// <param name="Orphans">Objects of base backups that were never committed, or only half removed.</param>
/// <param name="Wal">The files of the WAL archive that go, in the order of their names.</param>
/// <param name="Packs">The packs that go: no kept base backup names them.</param>
/// <param name="Temporary">What interrupted writes left behind.</param>
/// <param name="Reason">Why this much and not more, as a sentence.</param>
public sealed record RetentionPlan(
    IReadOnlyList<BackupId> KeptBackups,
    IReadOnlyList<BackupId> Backups,
    IReadOnlyList<PruneItem> Orphans,
    IReadOnlyList<PruneItem> Wal,
    IReadOnlyList<PruneItem> Packs,
    IReadOnlyList<PruneItem> Temporary,
    string Reason)
{
    /// <summary>How much room the plan gives back, in bytes; lists and manifests of base backups are not
    /// counted.</summary>
    public long FreedBytes => Orphans.Concat(Wal).Concat(Packs).Concat(Temporary).Sum(item => item.Length);

    /// <summary>Whether everything stays.</summary>
    public bool IsEmpty => Backups.Count + Orphans.Count + Wal.Count + Packs.Count + Temporary.Count == 0;
}
