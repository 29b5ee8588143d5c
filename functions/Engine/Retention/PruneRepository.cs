using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Verification;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Retention;

/// <summary>Removes from a repository what retention does not ask to keep.</summary>
public sealed partial class PruneRepository(TimeProvider clock, ILogger<PruneRepository> logger)
{
    // Each deletion is one round trip to the storage.
    private const int DeletionsAtOnce = 4;

    /// <summary>
    /// Prunes. Killed at any instant and run again, the repository ends the same.
    /// </summary>
    /// <param name="repository">The repository; it is pruned by its own catalog.</param>
    /// <param name="keep">How many restorable base backups stay; at least 1.</param>
    /// <param name="dryRun">Only say what would go.</param>
    /// <param name="cancellationToken">Stops between two deletions.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryLeased"/>: somebody else is at work here;
    /// <see cref="ErrorCodes.LeaseLost"/>; any storage error.</exception>
    public async Task<PruneReport> RunAsync(
        BackupRepository repository, int keep, bool dryRun, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        var started = clock.GetTimestamp();
        var plan = dryRun
            ? await PlanAsync(repository, keep, cancellationToken)
            : await PruneAsync(repository, keep, cancellationToken);
        return new PruneReport(
            repository.Name, repository.Storage.Address, dryRun, plan, clock.GetElapsedTime(started));
    }

    private async Task<RetentionPlan> PruneAsync(
        BackupRepository repository, int keep, CancellationToken cancellationToken)
    {
        await using var lease = await Lease.AcquireAsync(
            repository, LeasePurpose.Prune, clock, logger, cancellationToken);

        // Only now is the catalog sure to stay as it is.
        var plan = await PlanAsync(repository, keep, cancellationToken);
        var catalog = new BackupCatalog(repository);
        foreach (var backup in plan.Backups)
        {
            lease.EnsureHeld();
            await catalog.DeleteAsync(backup, cancellationToken);
            LogBackupDeleted(backup, repository.Name);
        }

        foreach (var items in (IReadOnlyList<PruneItem>[])[plan.Orphans, plan.Wal, plan.Packs, plan.Temporary])
            await DeleteAsync(repository, items, lease, cancellationToken);
        await LeaseList.RemoveDeadAsync(repository, clock, cancellationToken);
        LogPruned(repository.Name, plan.Backups.Count, plan.Wal.Count, plan.Packs.Count, plan.FreedBytes);
        return plan;
    }

    private static Task DeleteAsync(
        BackupRepository repository, IReadOnlyList<PruneItem> items, Lease lease, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = DeletionsAtOnce, CancellationToken = cancellationToken,
        };
        return Parallel.ForEachAsync(items, options, async (item, token) =>
        {
            lease.EnsureHeld();
            await repository.Storage.DeleteAsync(item.Key, token);
        });
    }

    private async Task<RetentionPlan> PlanAsync(
        BackupRepository repository, int keep, CancellationToken cancellationToken)
    {
        var catalog = await new BackupCatalog(repository).ListAsync(cancellationToken);
        foreach (var unreadable in catalog.Unreadable)
            LogUnreadable(unreadable.Id, repository.Name, unreadable.Error.Message);
        var objects = await ListAsync(RepositoryLayout.BaseBackups);
        var wal = await ListAsync(RepositoryLayout.WalArchive);
        var packs = await ListAsync(RepositoryLayout.Packs);
        var temporary = await ListAsync(RepositoryLayout.Temporary);
        var segmentSize = repository.Description.WalSegmentSize;
        var presence = new PresenceCheck(segmentSize, objects.Concat(wal).Concat(packs));
        var backups = new List<RetentionBackup>();
        foreach (var record in catalog.Backups)
        {
            var fault = presence.FindFault(record);
            if (fault is not null)
                LogNotRestorable(record.Id, repository.Name, fault);
            backups.Add(new RetentionBackup(record, fault is null));
        }

        var unknown = catalog.Unreadable.Select(unreadable => unreadable.Id).ToList();
        return RetentionPlanner.Plan(
            new RetentionInput(backups, unknown, objects, wal, packs, temporary, segmentSize, clock.GetUtcNow()), keep);

        async Task<IReadOnlyList<StorageEntry>> ListAsync(string prefix)
        {
            var entries = new List<StorageEntry>();
            await foreach (var entry in repository.Storage.ListAsync(prefix, cancellationToken))
                entries.Add(entry);
            return entries;
        }
    }

    [LoggerMessage(5101, LogLevel.Warning,
        "The base backup {Backup} in '{Repository}' is not restorable and does not count: {Fault}")]
    private partial void LogNotRestorable(BackupId backup, string repository, string fault);

    [LoggerMessage(5104, LogLevel.Warning,
        "The base backup {Backup} in '{Repository}' cannot be understood, so what it may need stays: {Error}")]
    private partial void LogUnreadable(BackupId backup, string repository, string error);

    [LoggerMessage(5102, LogLevel.Information, "Removed the base backup {Backup} from '{Repository}'")]
    private partial void LogBackupDeleted(BackupId backup, string repository);

    [LoggerMessage(5103, LogLevel.Information,
        "Pruned '{Repository}': {Backups} base backups, {WalFiles} WAL files, {Packs} packs, {FreedBytes} bytes")]
    private partial void LogPruned(string repository, int backups, int walFiles, int packs, long freedBytes);
}
