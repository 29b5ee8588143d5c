using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics;

/// <summary>How one repository is.</summary>
/// <param name="Name">What operators call it.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Fault">Why it could not be read, with the remedy; then nothing below is known. Null if it
/// could.</param>
/// <param name="Storage">Durability and room.</param>
/// <param name="Unusable">Base backups that cannot be restored, and why.</param>
/// <param name="Backups">How many base backups are committed, usable or not.</param>
/// <param name="RestorableBackups">How many of them have everything they need.</param>
/// <param name="NewestRestorable">The newest of those, or null.</param>
/// <param name="NewestRestorableAge">Since it started.</param>
/// <param name="Freshness">Whether it is as new as the schedule asks for; null if there is none.</param>
/// <param name="RecoveryPoint">The newest moment it can be restored to, or null.</param>
/// <param name="Gaps">WAL that is missing behind a base backup though later WAL is there, oldest first.</param>
/// <param name="Behind">What the first repository has and this one lacks; null for the first, or where
/// unknown.</param>
public sealed record RepositoryStatus(
    string Name,
    string Address,
    StatusFault? Fault,
    StorageFacts? Storage,
    IReadOnlyList<UnusableBackup> Unusable,
    int Backups,
    int RestorableBackups,
    BackupId? NewestRestorable,
    TimeSpan? NewestRestorableAge,
    BackupFreshness? Freshness,
    RecoveryPoint? RecoveryPoint,
    IReadOnlyList<WalGap> Gaps,
    ReplicationBacklog? Behind)
{
    /// <summary>Whether it could be read.</summary>
    public bool Reachable => Fault is null;

    /// <summary>Between which moments it can be restored to any second; null if to none, or where it could not be
    /// read.</summary>
    public RestorableWindow? Window { get; init; }

    /// <summary>Why the window could not be read; null if it could.</summary>
    public StatusFault? WindowFault { get; init; }

    internal static RepositoryStatus Unread(RepositorySource source, StatusFault fault) => new(
        source.Name, source.Address, fault, null, [], 0, 0, null, null, null, null, [], null);
}
