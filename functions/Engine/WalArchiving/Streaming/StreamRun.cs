using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>One run of <see cref="StreamWal"/>: what it has come to survives a change of the server's
/// timeline.</summary>
internal sealed class StreamRun : IAsyncDisposable
{
    private readonly PostgresOptions _server;
    private readonly WalStreamOptions _options;
    private readonly TimeProvider _clock;
    private readonly BackupRepository _local;
    private readonly StreamLimit _limit;
    private readonly SegmentKeeper _keeper;
    private readonly IReadOnlyList<CopyFollower> _copies;
    private readonly StreamSlot _slot;
    private readonly WalSpool _spool;
    private readonly CancellationTokenSource _stopCopies = new();
    private readonly List<WalFault> _faults = [];
    private readonly long _startedAt;
    private Task _copying = Task.CompletedTask;
    private HashSet<WalFileName> _files = [];
    private Lsn? _from;
    private Lsn? _target;
    private Lsn _acknowledged;

    public StreamRun(
        PostgresOptions server,
        WalOptions wal,
        WalStreamOptions options,
        ReplicateWal replicate,
        TimeProvider clock,
        ILogger logger,
        BackupRepository local,
        IReadOnlyList<RepositorySource> others,
        StreamLimit limit)
    {
        (_server, _options, _clock, _local, _limit) = (server, options, clock, local, limit);
        _copies = [.. others.Select(source =>
            new CopyFollower(local, source, replicate, options, clock, logger))];
        _spool = new WalSpool(wal.SpoolPath);
        _keeper = new SegmentKeeper(local, options, _spool, Copy, logger);
        _slot = new StreamSlot(server, options, logger);
        _startedAt = clock.GetTimestamp();
    }

    /// <summary>The server's, as far as is known.</summary>
    public uint Timeline { get; private set; }

    public Lsn Durable => _keeper.Durable;

    /// <summary>Streams until the limit, or throws what stands in the way. May be called again after a
    /// promotion.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await WalConnection.OpenAsync(_server, _options, cancellationToken);
        var position = await connection.IdentifyAsync(cancellationToken);
        _local.EnsureBelongsTo(position.SystemIdentifier);
        Timeline = position.Timeline;
        _target ??= position.Flushed;
        var archive = new WalArchive(_local);
        var history = await new KeepTimelineHistory(_server).RunAsync(archive, position, cancellationToken);
        var planner = new StreamPlanner(_local.Description.WalSegmentSize, history);
        var slot = await _slot.PrepareAsync(connection, _faults, cancellationToken);
        _files = (await archive.ListAsync(cancellationToken)).Where(f => f.IsThere).Select(f => f.Name).ToHashSet();
        var fallback = planner.StartOfSegment(slot.RestartLsn ?? position.Flushed);
        var from = await FindStartAsync(planner, slot.RestartLsn, fallback, cancellationToken);
        EnsureWritten(from, position);
        try
        {
            await StreamAsync(connection, planner.Legs(from), position, slot, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalGone && from < fallback)
        {
            _slot.Report(_faults, new HighwaterException(
                e.Code,
                $"{e.WhatHappened} The repository '{_local.Name}' has WAL up to {from}; streaming goes on from "
                + $"{fallback}, and what lies between is a gap.",
                e.Remedy,
                e));
            await AwaitFreeSlotAsync(cancellationToken);
            await using var again = await WalConnection.OpenAsync(_server, _options, cancellationToken);
            await StreamAsync(again, planner.Legs(fallback), position, slot, cancellationToken);
        }
    }

    /// <summary>Whether the server answers and has been promoted since <see cref="RunAsync"/> asked.</summary>
    public async Task<bool> IsOnAnotherTimelineAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await WalConnection.OpenAsync(_server, _options, cancellationToken);
            return (await connection.IdentifyAsync(cancellationToken)).Timeline != Timeline;
        }
        catch (HighwaterException)
        {
            return false; // It is away: the caller's error says so.
        }
    }

    /// <summary>Waits until nobody else streams; false if that takes longer than the session is to last. A run that is
    /// to bring what is there now does not wait: who streams brings it.</summary>
    public async Task<bool> AwaitTurnAsync(CancellationToken cancellationToken)
    {
        while (_limit.Duration is not null && !IsOver())
        {
            if (await _slot.IsFreeAsync(cancellationToken))
                return true;
            await Task.Delay(StreamSlot.LookInterval, _clock, cancellationToken);
        }

        return false;
    }

    /// <summary>Waits until the server has noticed that the stream before is over.</summary>
    public Task AwaitFreeSlotAsync(CancellationToken cancellationToken) =>
        _slot.AwaitFreeAsync(_clock, cancellationToken);

    public WalStreamed Result() => new(
        Timeline, _from!.Value, _keeper.Durable, _acknowledged, _keeper.Segments, _keeper.Bytes,
        [.. _faults, .. _keeper.Faults]);

    public async ValueTask DisposeAsync()
    {
        await _stopCopies.CancelAsync();
        await _copying;
        _stopCopies.Dispose();
        await _keeper.DisposeAsync();
    }

    private async Task StreamAsync(
        WalConnection first,
        IReadOnlyList<StreamLeg> legs,
        ServerPosition position,
        ReplicationSlot slot,
        CancellationToken cancellationToken)
    {
        for (var i = 0; i < legs.Count; i++)
        {
            if (i > 0)
                await AwaitFreeSlotAsync(cancellationToken);
            await using var own = i == 0 ? null : await WalConnection.OpenAsync(_server, _options, cancellationToken);
            await _keeper.BeginAsync(SegmentAt(legs[i]), cancellationToken);
            EnsureWritten(_keeper.Received, position);
            _from ??= _keeper.Received;
            FollowFrom(legs[i].From);
            var isLast = i == legs.Count - 1;
            var session = new StreamSession(
                own ?? first,
                _keeper,
                _copies,
                () => isLast ? FinishCopiesAsync(cancellationToken) : Task.CompletedTask,
                slot.RestartLsn ?? legs[i].From,
                _options,
                _clock);
            try
            {
                await session.RunAsync(legs[i].Timeline, Until(legs[i]), IsOver, cancellationToken);
            }
            finally
            {
                Note(session);
            }

            if (!session.GivesUp)
                continue;
            await _slot.DropAsync(cancellationToken);
            return;
        }
    }

    private async Task<Lsn> FindStartAsync(
        StreamPlanner planner, Lsn? kept, Lsn fallback, CancellationToken cancellationToken)
    {
        HashSet<WalFileName> done = [.. _files];
        while (planner.FindStart(done, kept) is { } from && from < fallback)
        {
            // What the server was told to forget though the repository lacks it was set aside earlier.
            var next = WalFileName.Of(SegmentAt(planner.Legs(from)[0]));
            if (_spool.MovedAside(next) is not null)
                done.Add(next);
            else
                return await HasPiecesAsync(planner.Legs(fallback)[0], cancellationToken) ? fallback : from;
        }

        return planner.FindStart(done, kept) ?? fallback;
    }

    /// <summary>Where the slot goes on in a segment that was begun already, what is missing before it was given up
    /// earlier.</summary>
    private async Task<bool> HasPiecesAsync(StreamLeg leg, CancellationToken cancellationToken) =>
        (await new WalPieces(_local).ReadChainAsync(SegmentAt(leg), cancellationToken)).Length > 0;

    private WalSegmentName SegmentAt(StreamLeg leg) =>
        WalSegmentName.Containing(leg.Timeline, leg.From, _local.Description.WalSegmentSize);

    private Lsn? Until(StreamLeg leg) => leg.Until ?? (_limit.Duration is null ? _target : null);

    private bool IsOver() => _limit.Duration is { } duration && _clock.GetElapsedTime(_startedAt) >= duration;

    private void Note(StreamSession session)
    {
        if (session.Acknowledged > _acknowledged)
            _acknowledged = session.Acknowledged;
        if (session.Lagging is { } lagging)
            _slot.Report(_faults, lagging);
    }

    private void FollowFrom(Lsn wholeEnd)
    {
        var wal = FollowedWal.Of(_files, wholeEnd, _local.Description.WalSegmentSize);
        foreach (var copy in _copies)
        {
            copy.BeginAt(wal);
            copy.Follow(_keeper.Current);
        }

        if (_copying.IsCompleted)
            _copying = Task.WhenAll(_copies.Select(copy => copy.RunAsync(_stopCopies.Token)));
    }

    private void Copy(WalSegmentName finished, StoredWalProof? proof)
    {
        foreach (var copy in _copies)
            copy.Enqueue(finished, proof);
    }

    /// <summary>A continuous session goes on at once; a single run leaves nothing behind that can be brought in a
    /// short while. What an outage has left is brought by the WAL sync, which has more to do than wait.</summary>
    private async Task FinishCopiesAsync(CancellationToken cancellationToken)
    {
        if (_limit.Duration is not null)
            return;
        await _stopCopies.CancelAsync();
        await _copying;
        using var enough = new CancellationTokenSource(_options.CatchUpTime, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        await Task.WhenAll(_copies.Where(copy => copy.Trouble is null).Select(copy =>
            copy.RunOnceAsync(either.Token)));
    }

    private void EnsureWritten(Lsn from, ServerPosition position)
    {
        if (from <= position.Flushed)
            return;
        throw new HighwaterException(
            ErrorCodes.WalConflict,
            $"The repository '{_local.Name}' holds WAL of timeline {position.Timeline} up to {from}, but the server "
            + $"has written no more than {position.Flushed}.",
            "find out whether the server was put back to an older state without a new timeline (a snapshot, a copied "
            + "data directory), or another one writes into the repository; then give this one a repository of its own");
    }
}
