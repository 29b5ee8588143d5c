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
    /// Copies what is missing, the oldest base backup first, the commit of each last. Resumable: a pack that is there with its
    /// length is never sent again. Idempotent.
    /// </summary>
    /// <exception cref="HighwaterException">Any storage error of either side; <see cref="ErrorCodes.RepositoryForeign"/>;
    /// <see cref="ErrorCodes.RepositoryLeased"/>.</exception>
    public async Task<BackupReplicated> RunAsync(
        BackupRepository source, BackupRepository target, CancellationToken cancellationToken)
    {
        target.EnsureBelongsTo(source.Description.SystemIdentifier);
        var there = (await new BackupCatalog(target).ListIdsAsync(cancellationToken)).ToHashSet();
        var missing = (await new BackupCatalog(source).ListAsync(cancellationToken)).Where(b => !there.Contains(b.Id)).ToList();
        if (missing.Count == 0)
            return new BackupReplicated(0, 0, 0);

        // The source's lease keeps its prune from taking packs away while they are read, the target's its own from taking
        // packs that no commit names yet.
        await using var reading = await Lease.AcquireAsync(
            source, LeasePurpose.Replicate, clock, logger, cancellationToken);
        await using var writing = await Lease.AcquireAsync(
            target, LeasePurpose.Replicate, clock, logger, cancellationToken);
        var (packs, bytes) = (0, 0L);
        foreach (var backup in missing)
        {
            var (newPacks, newBytes) = await CopyPacksAsync(source, target, backup, cancellationToken);
            await CopyAsync(source, target, RepositoryLayout.FileList(backup.Id), backup.FileList, cancellationToken);
            await CopyAsync(source, target, RepositoryLayout.Manifest(backup.Id), backup.Manifest, cancellationToken);
            reading.EnsureHeld();
            writing.EnsureHeld();
            await new BackupCatalog(target).CommitAsync(backup, cancellationToken);
            LogCopied(logger, backup.Id, source.Name, target.Name, newPacks, newBytes);
            (packs, bytes) = (packs + newPacks, bytes + newBytes);
        }

        return new BackupReplicated(missing.Count, packs, bytes);
    }

    private static async Task<(int Packs, long Bytes)> CopyPacksAsync(
        BackupRepository source, BackupRepository target, BackupRecord backup, CancellationToken cancellationToken)
    {
        var (packs, bytes) = (0, 0L);
        await Parallel.ForEachAsync(
            backup.Packs,
            new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = cancellationToken },
            async (pack, token) =>
            {
                var key = RepositoryLayout.Pack(pack.Sha256);
                if (await target.Storage.StatAsync(key, token) is { } entry && entry.Length == pack.Length)
                    return;
                await CopyAsync(source, target, key, pack, token);
                Interlocked.Increment(ref packs);
                Interlocked.Add(ref bytes, pack.Length);
            });
        return (packs, bytes);
    }

    private static Task CopyAsync(
        BackupRepository source, BackupRepository target, string key, ObjectReference content, CancellationToken cancellationToken) =>
        target.Storage.PutAsync(key, source.Storage.AsContent(key, content.Length, content.Sha256), cancellationToken);

    [LoggerMessage(631, LogLevel.Information,
        "Base backup {Id} was copied from '{Source}' to '{Target}': {Packs} packs with {Bytes} bytes were sent")]
    private static partial void LogCopied(
        ILogger logger, BackupId id, string source, string target, int packs, long bytes);
}
