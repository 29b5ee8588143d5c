using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Makes one repository hold the WAL another one holds. What is there is known from one listing of each, so it may be
/// stopped, repeated and run twice at once; after an outage the next run catches up.
/// </summary>
public sealed partial class ReplicateWal(TimeProvider clock, ILogger<ReplicateWal> logger)
{
    private const int InFlight = 4;

    /// <summary>
    /// Copies what the target lacks, oldest first, as it is stored; each segment is checked against its header on the
    /// way. A damaged or conflicting file is named in the result, and the later ones go on.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryForeign"/> if they are not of one cluster;
    /// any storage error, with how much still waits; what was copied stays copied. An unreachable or full target is a
    /// <see cref="TransientException"/>.</exception>
    public async Task<WalReplicated> RunAsync(
        BackupRepository source, BackupRepository target, CancellationToken cancellationToken)
    {
        target.EnsureBelongsTo(source.Description.SystemIdentifier);
        var from = new WalArchive(source);
        var to = new WalArchive(target);
        var waiting = await FindMissingAsync(from, to, cancellationToken);
        var files = 0;
        var bytes = 0L;
        var faults = new List<WalFault>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(waiting, parallel, async (file, token) =>
            {
                try
                {
                    if (await CopyAsync(from, to, file, token))
                    {
                        Interlocked.Increment(ref files);
                        Interlocked.Add(ref bytes, file.StoredBytes);
                    }
                }
                catch (HighwaterException e) when (IsOfTheFile(e))
                {
                    LogFault(logger, file.Name.Name, target.Name, e.Message);
                    lock (faults)
                        faults.Add(WalFault.Of(file.Name.Name, e));
                }
            });
        }
        catch (TransientException e)
        {
            throw new TransientException(
                e.Code,
                $"{e.WhatHappened} {waiting.Count - files} WAL files of the repository '{source.Name}' wait for "
                + $"'{target.Name}', the oldest ({waiting[0].Name}) since {waiting[0].StoredAt:u}.",
                e.Remedy,
                e);
        }

        if (files > 0)
            LogReplicated(logger, files, bytes, source.Name, target.Name);
        var failed = faults.Select(f => f.File).ToHashSet(StringComparer.Ordinal);
        var oldest = waiting.FirstOrDefault(f => failed.Contains(f.Name.Name));
        return new WalReplicated(
            files, bytes, faults.Count, oldest is null ? null : clock.GetUtcNow() - oldest.StoredAt,
            [.. faults.OrderBy(f => f.File, StringComparer.Ordinal)]);
    }

    /// <summary>What the source has and the target has not, oldest first.</summary>
    public static async Task<IReadOnlyList<WalArchiveEntry>> FindMissingAsync(
        WalArchive source, WalArchive target, CancellationToken cancellationToken)
    {
        var there = (await target.ListAsync(cancellationToken)).Select(f => f.Name).ToHashSet();
        return [.. (await source.ListAsync(cancellationToken)).Where(f => !there.Contains(f.Name))];
    }

    /// <summary>False if the file has gone from the source: pruned since it was listed.</summary>
    private static async Task<bool> CopyAsync(
        WalArchive source, WalArchive target, WalArchiveEntry file, CancellationToken cancellationToken)
    {
        try
        {
            await target.PutStoredAsync(source, file, cancellationToken);
            return true;
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalAbsent || e.Code == ErrorCodes.StorageObjectMissing)
        {
            return false;
        }
    }

    private static bool IsOfTheFile(HighwaterException e) =>
        e.Code == ErrorCodes.RepositoryDamaged || e.Code == ErrorCodes.WalConflict;

    [LoggerMessage(EventId = 511, Level = LogLevel.Information,
        Message = "Copied {Files} WAL files ({Bytes} bytes) from the {Source} repository to {Target}")]
    private static partial void LogReplicated(ILogger logger, int files, long bytes, string source, string target);

    [LoggerMessage(EventId = 512, Level = LogLevel.Error,
        Message = "The WAL file {File} cannot go to {Target}: {Error}")]
    private static partial void LogFault(ILogger logger, string file, string target, string error);
}
