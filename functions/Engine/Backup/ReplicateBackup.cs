using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Backup;

/// <summary>Makes one repository hold every committed base backup that another one holds.</summary>
public sealed partial class ReplicateBackup(TimeProvider clock, ILogger<ReplicateBackup> logger)
{
    private const int Workers = 4;

    /// <summary>
    /// Copies what is missing, the oldest base backup first, the commit of each last. Resumable: a pack that is there
    /// with its length is never sent again. Idempotent. A base backup that is damaged in the source is passed over; its
    /// error is thrown when all others are copied.
    /// </summary>
    /// <exception cref="HighwaterException">Any storage error of either side;
    /// <see cref="ErrorCodes.RepositoryForeign"/>; <see cref="ErrorCodes.RepositoryLeased"/>.</exception>
    public async Task<BackupReplicated> RunAsync(
        BackupRepository source, BackupRepository target, CancellationToken cancellationToken)
    {
        target.EnsureBelongsTo(source.Description.SystemIdentifier);
        if ((await MissingAsync(source, target, cancellationToken)).Count == 0)
            return new BackupReplicated(0, 0, 0);

        // The source's lease keeps its prune from taking packs away while they are read, the target's its own from
        // taking packs that no commit names yet.
        await using var reading = await Lease.AcquireAsync(
            source, LeasePurpose.Replicate, clock, logger, cancellationToken);
        await using var writing = await Lease.AcquireAsync(
            target, LeasePurpose.Replicate, clock, logger, cancellationToken);
        var (backups, packs, bytes) = (0, 0, 0L);
        HighwaterException? damage = null;
        foreach (var backup in await MissingAsync(source, target, cancellationToken))
        {
            try
            {
                var (newPacks, newBytes) = await CopyAllAsync(source, target, backup, cancellationToken);
                reading.EnsureHeld();
                writing.EnsureHeld();
                await new BackupCatalog(target).CommitAsync(backup, cancellationToken);
                LogCopied(logger, backup.Id, source.Name, target.Name, newPacks, newBytes);
                (backups, packs, bytes) = (backups + 1, packs + newPacks, bytes + newBytes);
            }
            catch (HighwaterException e) when (IsDamage(e.Code))
            {
                // One base backup that cannot be copied must not keep all later ones from being copied.
                LogNotCopied(logger, backup.Id, source.Name, target.Name, e.Message);
                damage ??= e;
            }
        }

        return damage is null ? new BackupReplicated(backups, packs, bytes) : throw damage;
    }

    private static bool IsDamage(ErrorCode code) =>
        code == ErrorCodes.StorageContentMismatch || code == ErrorCodes.StorageObjectMissing
        || code == ErrorCodes.StorageConflict || code == ErrorCodes.RepositoryDamaged;

    private static async Task<IReadOnlyList<BackupRecord>> MissingAsync(
        BackupRepository source, BackupRepository target, CancellationToken cancellationToken)
    {
        var there = (await new BackupCatalog(target).ListIdsAsync(cancellationToken)).ToHashSet();
        var all = await new BackupCatalog(source).ListAsync(cancellationToken);
        return [.. all.Backups.Where(backup => !there.Contains(backup.Id))];
    }

    private static async Task<(int Packs, long Bytes)> CopyAllAsync(
        BackupRepository source, BackupRepository target, BackupRecord backup, CancellationToken cancellationToken)
    {
        var copied = await CopyPacksAsync(source, target, backup, cancellationToken);
        await CopyAsync(source, target, RepositoryLayout.FileList(backup.Id), backup.FileList, cancellationToken);
        await CopyAsync(source, target, RepositoryLayout.Manifest(backup.Id), backup.Manifest, cancellationToken);
        return copied;
    }

    private static async Task<(int Packs, long Bytes)> CopyPacksAsync(
        BackupRepository source, BackupRepository target, BackupRecord backup, CancellationToken cancellationToken)
    {
        var (packs, bytes) = (0, 0L);
        var proven = (await new BackupCatalog(target).ListAsync(cancellationToken)).Backups
            .SelectMany(committed => committed.Packs).ToHashSet();
        await Parallel.ForEachAsync(
            backup.Packs,
            new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = cancellationToken },
            async (pack, token) =>
            {
                var key = RepositoryLayout.Pack(pack.Sha256);
                if (proven.Contains(pack)
                    && await target.Storage.StatAsync(key, token) is { } entry && entry.Length == pack.Length)
                    return;

                // What no commit names yet, an interrupted run may have left: the put compares it, makes it durable and
                // sends nothing if it is whole.
                if (await CopyAsync(source, target, key, pack, token) == PutOutcome.AlreadyThere)
                    return;
                Interlocked.Increment(ref packs);
                Interlocked.Add(ref bytes, pack.Length);
            });
        return (packs, bytes);
    }

    private static Task<PutOutcome> CopyAsync(
        BackupRepository source, BackupRepository target, string key, ObjectReference content,
        CancellationToken cancellationToken) =>
        target.Storage.PutAsync(key, source.Storage.AsContent(key, content.Length, content.Sha256), cancellationToken);

    [LoggerMessage(631, LogLevel.Information,
        "Base backup {Id} was copied from '{Source}' to '{Target}': {Packs} packs with {Bytes} bytes were sent")]
    private static partial void LogCopied(
        ILogger logger, BackupId id, string source, string target, int packs, long bytes);

    [LoggerMessage(632, LogLevel.Error,
        "Base backup {Id} was not copied from '{Source}' to '{Target}', later ones are: {Error}")]
    private static partial void LogNotCopied(ILogger logger, BackupId id, string source, string target, string error);
}
