using Highwater.Engine.Configuration;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Verification;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics;

/// <summary>What a repository holds, by its commits and listings.</summary>
internal sealed record RepositoryInventory(
    BackupRepository Repository,
    StorageFacts Storage,
    IReadOnlyList<BackupRecord> Backups,
    IReadOnlyList<UnreadableBackup> Unreadable,
    IReadOnlyDictionary<BackupId, string> Faults,
    IReadOnlyDictionary<string, WalArchiveEntry> Wal,
    WalContinuity Continuity)
{
    /// <summary>The base backups that can be restored from here, oldest first.</summary>
    public IReadOnlyList<BackupRecord> RestorableBackups =>
        [.. Backups.Where(backup => !Faults.ContainsKey(backup.Id))];

    /// <exception cref="Errors.HighwaterException">The repository cannot be read, or not understood.</exception>
    public static async Task<RepositoryInventory> ReadAsync(
        BackupRepository repository, CancellationToken cancellationToken)
    {
        var archive = new WalArchive(repository);
        var storage = await repository.Storage.DescribeAsync(cancellationToken);
        var catalog = await new BackupCatalog(repository).ListAsync(cancellationToken);
        var presence = await PresenceCheck.ReadAsync(repository, cancellationToken);
        var listing = await archive.ListAllAsync(cancellationToken);
        return new RepositoryInventory(
            repository,
            storage,
            catalog.Backups,
            catalog.Unreadable,
            presence.FindFaults(catalog.Backups),
            listing.Files.Where(file => file.IsThere).ToDictionary(file => file.Name.Name),
            await WalContinuity.ReadAsync(archive, listing, cancellationToken));
    }

    /// <summary>What this repository lacks of another.</summary>
    public ReplicationBacklog BehindOf(RepositoryInventory first, DateTimeOffset now)
    {
        var ids = Backups.Select(backup => backup.Id).Concat(Unreadable.Select(backup => backup.Id)).ToHashSet();
        var packs = Backups.SelectMany(backup => backup.Packs).Select(pack => pack.Sha256).ToHashSet();
        var lacking = first.Backups.Where(backup => !ids.Contains(backup.Id)).ToList();
        var wal = first.Wal.Where(file => !Wal.ContainsKey(file.Key)).ToList();
        var packBytes = lacking.SelectMany(backup => backup.Packs).DistinctBy(pack => pack.Sha256)
            .Where(pack => !packs.Contains(pack.Sha256)).Sum(pack => pack.Length);
        return new ReplicationBacklog(
            lacking.Count,
            wal.Count,
            packBytes + wal.Sum(file => file.Value.StoredBytes),
            now - wal.Min(file => (DateTimeOffset?)file.Value.StoredAt));
    }

    /// <summary>How the repository is.</summary>
    /// <param name="behind">What it lacks; null for the first.</param>
    /// <param name="others">The other repositories that could be read.</param>
    /// <param name="schedule">When base backups are due.</param>
    /// <param name="now">UTC.</param>
    public RepositoryStatus Describe(
        ReplicationBacklog? behind,
        IReadOnlyList<RepositoryInventory> others,
        Recurrence schedule,
        DateTimeOffset now)
    {
        var restorable = RestorableBackups;
        var newest = restorable.Count == 0 ? null : restorable[^1];
        return new RepositoryStatus(
            Repository.Name,
            Repository.Storage.Address,
            null,
            Storage,
            [.. Unreadable.Select(backup => new UnusableBackup(backup.Id, backup.Error.WhatHappened)),
                .. Faults.Select(fault => new UnusableBackup(fault.Key, fault.Value))],
            Backups.Count + Unreadable.Count,
            restorable.Count,
            newest?.Id,
            newest is null ? null : now - newest.StartedAt,
            newest is null ? null : BackupFreshness.Of(schedule, newest.StartedAt, now),
            Continuity.FindRecoveryPoint(restorable, now),
            [.. WalGapPlanner.Find(Continuity, Backups, restorable).Select(
                gap => gap with { HeldBy = others.FirstOrDefault(other => other.HasAllOf(gap))?.Repository.Name })],
            behind);
    }

    private bool HasAllOf(WalGap gap) => gap.Segments is { } range
        ? WalSegmentName.Range(range.First, range.Last, Continuity.SegmentSize)
            .All(segment => Wal.ContainsKey(segment.ToString()))
        : Wal.ContainsKey(WalFileName.HistoryOf(gap.HistoryOf!.Value).Name);
}
