using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Waits until a repository holds every WAL segment without which a base backup is worth nothing, and does what brings
/// them there: empties the spool, streams, replicates, and closes the server's current segment if nothing else would.
/// </summary>
public sealed partial class AwaitWal(
    PostgresOptions server,
    WalOptions options,
    TakeWal take,
    ReplicateWal replicate,
    TimeProvider clock,
    ILogger<AwaitWal> logger)
{
    private const int MostAskedOneByOne = 16;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TimeForTheRest = TimeSpan.FromSeconds(30);

    // What was begun within the deadline may end, but a dead peer does not hold up the answer.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>Returns at once if everything is there. Repeatable; may run beside any other WAL work.</summary>
    /// <param name="backup">Its FirstSegment to LastSegment are awaited.</param>
    /// <param name="local">The repository that the spool is emptied into.</param>
    /// <param name="awaited">The repository that is to hold them; the local one or another.</param>
    /// <param name="deadline">How long to wait; zero for one try.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TransientException"><see cref="ErrorCodes.WalAwaited"/>: the deadline has passed; says which
    /// segments are missing, where each was last seen, and what stood in the way.</exception>
    /// <exception cref="HighwaterException">What does not pass by itself, such as
    /// <see cref="ErrorCodes.SpoolUnusable"/>.</exception>
    public async Task<AwaitedWal> RunAsync(
        BackupRecord backup,
        BackupRepository local,
        BackupRepository awaited,
        TimeSpan deadline,
        CancellationToken cancellationToken)
    {
        var size = awaited.Description.WalSegmentSize;
        WalSegmentName[] needed = [.. WalSegmentName.Range(backup.FirstSegment, backup.LastSegment, size)];
        IReadOnlyList<WalSegmentName> missing = needed;
        var start = clock.GetTimestamp();
        var switched = false;
        HighwaterException? trouble = null;
        using var enough = new CancellationTokenSource(deadline + Grace, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        while (true)
        {
            try
            {
                missing = await FindMissingAsync(awaited, missing, either.Token);
                if (missing.Count > 0)
                {
                    await BringAsync(local, awaited, missing, either.Token);
                    missing = await FindMissingAsync(awaited, missing, either.Token);
                }

                trouble = null;
            }
            catch (TransientException e)
            {
                LogTrouble(logger, e.Message);
                trouble = e;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                LogTrouble(logger, "it was not brought in time");
            }

            if (missing.Count == 0)
                return new AwaitedWal(needed.Length, clock.GetElapsedTime(start));
            if (!switched)
                switched = await TryFinishSegmentAsync(backup.LastSegment.End(size), cancellationToken);
            if (clock.GetElapsedTime(start) >= deadline)
                throw await new WalWhereabouts(server, options).ExplainAsync(
                    $"base backup {backup.Id} needs ({backup.FirstSegment} to {backup.LastSegment})",
                    missing, local, awaited, deadline, trouble, cancellationToken);
            await Task.Delay(PollInterval, clock, cancellationToken);
        }
    }

    private async Task BringAsync(
        BackupRepository local,
        BackupRepository awaited,
        IReadOnlyList<WalSegmentName> missing,
        CancellationToken cancellationToken)
    {
        await take.RunOrThrowAsync(local, cancellationToken);

        // What else the other repository lacks may take hours after an outage: some of it goes now, older base backups
        // need it, and the WAL sync brings the rest.
        if (awaited == local)
            return;
        await replicate.RunAsync(local, awaited, missing, cancellationToken);
        await replicate.RunAsync(local, awaited, TimeForTheRest, cancellationToken);
    }

    private static async Task<IReadOnlyList<WalSegmentName>> FindMissingAsync(
        BackupRepository repository, IReadOnlyList<WalSegmentName> among, CancellationToken cancellationToken)
    {
        var wal = new WalArchive(repository);
        if (among.Count > MostAskedOneByOne)
        {
            var there = (await wal.ListAsync(cancellationToken)).Where(f => f.IsThere).Select(f => f.Name).ToHashSet();
            return [.. among.Where(segment => !there.Contains(WalFileName.Of(segment)))];
        }

        var missing = new List<WalSegmentName>();
        foreach (var segment in among)
        {
            if (await wal.StatAsync(WalFileName.Of(segment), cancellationToken) is not { IsThere: true })
                missing.Add(segment);
        }

        return missing;
    }

    /// <summary>
    /// An idle server never fills the segment a backup ended in. True if that needs no more asking: the segment is
    /// finished, or was just finished, or only its owner can finish it.
    /// </summary>
    private async Task<bool> TryFinishSegmentAsync(Lsn end, CancellationToken cancellationToken)
    {
        try
        {
            var facts = await new ReadServerFacts(server).RunAsync(cancellationToken);
            if (facts.InRecovery || facts.CurrentLsn >= end)
                return true;
            LogSwitching(logger, facts.CurrentLsn, end);

            // With a record of its own: pg_switch_wal() alone does nothing where nothing was written since the last.
            await new MarkWal(server).RunAsync(cancellationToken);
            return true;
        }
        catch (TransientException e)
        {
            // The segments may be on their way all the same; the server is asked again at the next look.
            LogTrouble(logger, e.Message);
            return false;
        }
        catch (HighwaterException e)
        {
            // Without the right to switch the segment is archived when it is full, or after archive_timeout.
            LogTrouble(logger, e.Message);
            return true;
        }
    }

    [LoggerMessage(EventId = 521, Level = LogLevel.Information,
        Message = "The server is idle at {Lsn}: closing the WAL segment that ends at {End} so that it is archived")]
    private static partial void LogSwitching(ILogger logger, Lsn lsn, Lsn end);

    [LoggerMessage(EventId = 522, Level = LogLevel.Warning, Message = "While waiting for WAL: {Error}")]
    private static partial void LogTrouble(ILogger logger, string error);
}
