using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>
/// Closes a WAL segment on the server and follows it through the spool into each repository, doing the work of a WAL
/// sync on the way. May run beside a running sync.
/// </summary>
public sealed class ProbeWal(
    PostgresOptions server, WalOptions options, TakeWal take, ReplicateWal replicate, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    // PostgreSQL tries three times, a second apart, before it waits for a minute (pgarch.c, NUM_ARCHIVE_RETRIES).
    private const int FailuresThatAreNoAccident = 3;

    private const double ShareOfDeadlineToBegin = 0.75;

    /// <summary>Follows one segment. What stands in the way is in the result and is no exception.</summary>
    /// <param name="repositories">In the order of the settings; the spool is emptied into the first.</param>
    /// <param name="deadline">How long to wait for each repository.</param>
    /// <param name="cancellationToken">Stops it; the segment goes its way all the same.</param>
    public async Task<WalProbe> RunAsync(
        IReadOnlyList<RepositorySource> repositories, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var markedAt = clock.GetUtcNow();
        WalSegmentName segment;
        long failures;
        try
        {
            failures = (await ReadArchiverAsync(cancellationToken)).FailedCount;
            segment = await new MarkWal(server).RunAsync(cancellationToken);
        }
        catch (HighwaterException e)
        {
            return new WalProbe(
                null, StatusFault.Of(e), markedAt, [.. repositories.Select(r => new WalArrival(r.Name, null))]);
        }

        var probe = new Run(segment, clock.GetTimestamp(), failures + FailuresThatAreNoAccident, deadline);
        var (local, first) = await TryOpenAsync(repositories[0], cancellationToken);
        first ??= await TryAsync(
            repositories[0].Name, () => AwaitLocalAsync(probe, local!, cancellationToken));
        var others = repositories.Skip(1).Select(other => first.After is null
            ? Task.FromResult(new WalArrival(other.Name, null))
            : TryAsync(other.Name, () => AwaitOtherAsync(probe, local!, other, cancellationToken)));
        return new WalProbe(segment, null, markedAt, [first, .. await Task.WhenAll(others)]);
    }

    private static async Task<(BackupRepository? Repository, WalArrival? Fault)> TryOpenAsync(
        RepositorySource source, CancellationToken cancellationToken)
    {
        try
        {
            return (await source.OpenAsync(cancellationToken), null);
        }
        catch (HighwaterException e)
        {
            return (null, new WalArrival(source.Name, null, StatusFault.Of(e)));
        }
    }

    private static async Task<WalArrival> TryAsync(string repository, Func<Task<WalArrival>> work)
    {
        try
        {
            return await work();
        }
        catch (HighwaterException e)
        {
            return new WalArrival(repository, null, StatusFault.Of(e));
        }
    }

    private async Task<WalArrival> AwaitLocalAsync(
        Run probe, BackupRepository local, CancellationToken cancellationToken)
    {
        while (true)
        {
            var taken = await take.RunOrThrowAsync(local, cancellationToken);
            if (await FindAsync(probe, local, cancellationToken) is { } arrival)
                return arrival;
            if (taken.Faults.FirstOrDefault(fault => fault.File == probe.Segment.ToString()) is { } fault)
                return new WalArrival(local.Name, null, new StatusFault(fault.Code, fault.WhatHappened, fault.Remedy));
            if (IsOver(probe) || await IsArchiverFailingAsync(probe, cancellationToken))
                throw await ExplainAsync(probe, local, local, null, cancellationToken);
            await Task.Delay(PollInterval, clock, cancellationToken);
        }
    }

    private async Task<WalArrival> AwaitOtherAsync(
        Run probe, BackupRepository local, RepositorySource source, CancellationToken cancellationToken)
    {
        var other = await source.OpenAsync(cancellationToken);
        using var enough = new CancellationTokenSource(probe.Deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        try
        {
            // Oldest first, as a WAL sync does it: what this says is what a sync would bring.
            // It has no time for all of an outage, but for saying how much is left.
            var copied = await replicate.RunAsync(
                local, other, probe.Deadline * ShareOfDeadlineToBegin, either.Token);
            return await FindAsync(probe, other, either.Token)
                ?? throw await ExplainAsync(probe, local, other, copied, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw await ExplainAsync(probe, local, other, null, cancellationToken);
        }
    }

    private async Task<WalArrival?> FindAsync(
        Run probe, BackupRepository repository, CancellationToken cancellationToken)
    {
        var name = WalFileName.Of(probe.Segment);
        if (await new WalArchive(repository).StatAsync(name, cancellationToken) is not { IsThere: true } entry)
            return null;
        return new WalArrival(
            repository.Name, clock.GetElapsedTime(probe.Start), null, entry.StoredAt, clock.GetUtcNow());
    }

    private bool IsOver(Run probe) => clock.GetElapsedTime(probe.Start) >= probe.Deadline;

    private async Task<bool> IsArchiverFailingAsync(Run probe, CancellationToken cancellationToken)
    {
        var archiver = await ReadArchiverAsync(cancellationToken);
        return archiver.IsFailing && archiver.FailedCount >= probe.FailuresToGiveUp;
    }

    private async Task<ArchiverStatistics> ReadArchiverAsync(CancellationToken cancellationToken) =>
        (await new ReadServerFacts(server).RunAsync(cancellationToken)).Archiver;

    private async Task<HighwaterException> ExplainAsync(
        Run probe,
        BackupRepository local,
        BackupRepository awaited,
        WalReplicated? copied,
        CancellationToken cancellationToken)
    {
        if (copied?.Faults is [var fault, ..])
            return new HighwaterException(ErrorCodes.WalAwaited, fault.WhatHappened, fault.Remedy);
        if (copied is { OldestWaiting: { } oldest })
            return new HighwaterException(
                ErrorCodes.WalAwaited,
                $"{copied.Remaining} older WAL files, {new ByteCount(copied.RemainingBytes)}, go to "
                + $"'{awaited.Name}' before the segment {probe.Segment}; the oldest has waited for "
                + $"{new Duration(oldest)}. In {new Duration(clock.GetElapsedTime(probe.Start))} "
                + $"{copied.Files} files went.",
                "let 'highwater serve' catch up, or do it now: highwater wal-sync; then run this check again");
        return await new WalWhereabouts(server, options).ExplainAsync(
            "this check closed on the server", [probe.Segment], local, awaited, clock.GetElapsedTime(probe.Start),
            null, cancellationToken);
    }

    private sealed record Run(WalSegmentName Segment, long Start, long FailuresToGiveUp, TimeSpan Deadline);
}
