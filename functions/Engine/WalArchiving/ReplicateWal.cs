using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Makes one repository hold the WAL another one holds. What is there is known from one listing of each, so it may be
/// stopped, repeated and run twice at once; after an outage the next run catches up.
/// </summary>
/// <param name="clock">Of the budget.</param>
/// <param name="logger">Told what was copied and what was not.</param>
/// <param name="proofs">Of segments that need not be unpacked to be checked, because they were when they were
/// stored.</param>
public sealed partial class ReplicateWal(
    TimeProvider clock, ILogger<ReplicateWal> logger, StoredWalProofs? proofs = null)
{
    private const int InFlight = 4;

    /// <summary>
    /// Copies what the target lacks, oldest first, as it is stored; each segment is checked against its header on the
    /// way. A damaged or conflicting file is named in the result, and the later ones go on.
    /// </summary>
    /// <param name="source">The repository to copy from.</param>
    /// <param name="target">The repository to bring level with it.</param>
    /// <param name="budget">How long to begin new files, counted from the end of the listings; those begun by then are
    /// finished. The result says how many remain. Null for as long as it takes.</param>
    /// <param name="cancellationToken">Stops it; what was copied stays copied.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryForeign"/> if they are not of one cluster;
    /// any storage error, with how much still waits; what was copied stays copied. An unreachable or full target is a
    /// <see cref="TransientException"/>.</exception>
    public Task<WalReplicated> RunAsync(
        BackupRepository source, BackupRepository target, TimeSpan? budget, CancellationToken cancellationToken) =>
        RunAsync(source, target, _ => true, budget, cancellationToken);

    /// <summary>
    /// Copies some segments ahead of everything that is older, and the timeline histories. For a wait that must not
    /// stand in line behind what an outage has left.
    /// </summary>
    /// <param name="source">The repository to copy from.</param>
    /// <param name="target">The repository they are to be in.</param>
    /// <param name="segments">Those that are wanted; one the source does not have is left out.</param>
    /// <param name="cancellationToken">Stops it; what was copied stays copied.</param>
    /// <exception cref="HighwaterException">As the other RunAsync.</exception>
    public async Task<WalReplicated> RunAsync(
        BackupRepository source,
        BackupRepository target,
        IReadOnlyCollection<WalSegmentName> segments,
        CancellationToken cancellationToken)
    {
        var wanted = segments.Select(WalFileName.Of).ToHashSet();
        return await RunAsync(
            source,
            target,
            file => file.Kind == WalFileKind.TimelineHistory || wanted.Contains(file),
            null,
            cancellationToken);
    }

    /// <summary>What the source has and the target has not, oldest first.</summary>
    public static async Task<IReadOnlyList<WalArchiveEntry>> FindMissingAsync(
        WalArchive source, WalArchive target, CancellationToken cancellationToken)
    {
        var there = (await target.ListAsync(cancellationToken)).Where(f => f.IsThere).Select(f => f.Name).ToHashSet();
        return [.. (await source.ListAsync(cancellationToken)).Where(f => !there.Contains(f.Name))];
    }

    private async Task<WalReplicated> RunAsync(
        BackupRepository source,
        BackupRepository target,
        Func<WalFileName, bool> isWanted,
        TimeSpan? budget,
        CancellationToken cancellationToken)
    {
        target.EnsureBelongsTo(source.Description.SystemIdentifier);
        var from = new WalArchive(source);
        var to = new WalArchive(target);
        var missing = await FindMissingAsync(from, to, cancellationToken);
        WalArchiveEntry[] waiting = [.. missing.Where(file => isWanted(file.Name))];
        var done = new ConcurrentDictionary<WalFileName, long>();
        var faults = new ConcurrentBag<WalFault>();
        try
        {
            await CopyAllAsync(from, to, waiting, budget, done, faults, cancellationToken);
        }
        catch (TransientException e)
        {
            var left = waiting.Where(file => !done.ContainsKey(file.Name)).ToList();
            throw new TransientException(
                e.Code,
                $"{e.WhatHappened} {left.Count} WAL files of the repository '{source.Name}' wait for "
                + $"'{target.Name}', the oldest ({left[0].Name}) since {left[0].StoredAt:u}.",
                e.Remedy,
                e);
        }

        return Sum(source, target, [.. waiting.Where(file => !done.ContainsKey(file.Name))], done, faults);
    }

    /// <summary>Copies in order, several at once, and begins none after the budget is spent.</summary>
    private async Task CopyAllAsync(
        WalArchive from,
        WalArchive to,
        IEnumerable<WalArchiveEntry> waiting,
        TimeSpan? budget,
        ConcurrentDictionary<WalFileName, long> done,
        ConcurrentBag<WalFault> faults,
        CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var begun = waiting.TakeWhile(_ => budget is null || clock.GetElapsedTime(start) < budget);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(begun, parallel, async (file, token) =>
        {
            try
            {
                // One that has gone from the source was pruned since it was listed, and waits no more.
                done[file.Name] = await CopyAsync(from, to, file, token) ? file.StoredBytes : -1;
            }
            catch (HighwaterException e) when (IsOfTheFile(e))
            {
                LogFault(logger, file.Name.Name, to.Repository.Name, e.Message);
                faults.Add(WalFault.Of(file.Name.Name, e));
            }
        });
    }

    private WalReplicated Sum(
        BackupRepository source,
        BackupRepository target,
        IReadOnlyList<WalArchiveEntry> left,
        ConcurrentDictionary<WalFileName, long> done,
        ConcurrentBag<WalFault> faults)
    {
        var copied = done.Values.Where(length => length >= 0).ToList();
        var bytes = copied.Sum();
        if (copied.Count > 0)
            LogReplicated(logger, copied.Count, bytes, source.Name, target.Name);
        return new WalReplicated(
            copied.Count,
            bytes,
            left.Count,
            left.Sum(file => file.StoredBytes),
            left.Count == 0 ? null : clock.GetUtcNow() - left.Min(file => file.StoredAt),
            [.. faults.OrderBy(f => f.File, StringComparer.Ordinal)]);
    }

    private async Task<bool> CopyAsync(
        WalArchive source, WalArchive target, WalArchiveEntry file, CancellationToken cancellationToken)
    {
        try
        {
            var proof = proofs?.Find(source.Repository, file.Name);
            await target.PutStoredAsync(source, file, proof, cancellationToken);
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
