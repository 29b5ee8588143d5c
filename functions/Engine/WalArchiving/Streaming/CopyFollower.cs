using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// Brings streamed WAL on to another repository, at its own pace: that it is away or slow holds up nobody, unless the
/// server is to be told only of what every repository has.
/// </summary>
/// <param name="local">Where finished segments are copied from.</param>
/// <param name="source">The other repository, opened when it is needed.</param>
/// <param name="replicate">Makes it level first, where it must lack nothing.</param>
/// <param name="options">Whether anything waits for it.</param>
/// <param name="clock">Of the pauses.</param>
/// <param name="logger">Told once when it is away and when it is back.</param>
internal sealed partial class CopyFollower(
    BackupRepository local,
    RepositorySource source,
    ReplicateWal replicate,
    WalStreamOptions options,
    TimeProvider clock,
    ILogger logger)
{
    private readonly WalArchive _local = new(local);
    private readonly ConcurrentQueue<(WalSegmentName Segment, StoredWalProof? Proof)> _finished = new();
    private FollowedWal _wal = FollowedWal.None;
    private FollowedWal? _leveled;
    private WalArchive? _archive;
    private PieceWriter? _writer;
    private OpenSegment? _current;
    private Lsn? _end;
    private long _wholeEnd;
    private long _durable;

    public string Name => source.Name;

    /// <summary>Everything before it is durable there; <see cref="Lsn.None"/> while that is not known.</summary>
    public Lsn Durable => new((ulong)Volatile.Read(ref _durable));

    /// <summary>Why the last attempt failed, or null.</summary>
    public HighwaterException? Trouble { get; private set; }

    private bool IsAwaited => options.Acknowledge == WalAcknowledgement.All;

    private TimeSpan Pause => IsAwaited ? options.PieceInterval : options.CopyInterval;

    /// <summary>Says what the local repository has where streaming begins, before <see cref="Follow"/> says what is
    /// received from there on.</summary>
    public void BeginAt(FollowedWal wal)
    {
        Volatile.Write(ref _wholeEnd, (long)wal.WholeEnd.Value);
        Volatile.Write(ref _wal, wal);
    }

    /// <summary>Says which segment is being received now.</summary>
    public void Follow(OpenSegment current) => Volatile.Write(ref _current, current);

    /// <summary>Says that the local repository is done with one more segment: it has it whole, or will never have
    /// it.</summary>
    /// <param name="finished">Which one.</param>
    /// <param name="proof">Of a whole one, if there is one.</param>
    public void Enqueue(WalSegmentName finished, StoredWalProof? proof)
    {
        _finished.Enqueue((finished, proof));
        Volatile.Write(ref _wholeEnd, (long)finished.End(local.Description.WalSegmentSize).Value);
    }

    /// <summary>Works until cancelled; never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await RunOnceAsync(cancellationToken);
            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Brings over all that is there now. What fails is in <see cref="Trouble"/> and is tried again by the
    /// next call.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Read first: what it stands behind is brought before it.
            var current = Volatile.Read(ref _current);
            if (!await LevelAsync(cancellationToken))
                return;
            await CopyFinishedAsync(cancellationToken);
            if (current is not null && _end == current.Start)
                await CopyPieceAsync(current, cancellationToken);
            if (Trouble is not null)
                LogBack(logger, source.Name);
            Trouble = null;
        }
        catch (FileNotFoundException)
        {
            // The segment was finished while it was read: the next call finds it whole.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The work is over, and the next session begins where the repository then is.
        }
        catch (HighwaterException e)
        {
            Stumble(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Stumble(new TransientException(
                ErrorCodes.StorageFailed,
                $"Streamed WAL cannot be read for the repository '{source.Name}': {e.Message}",
                $"let this user read and write in {options.WorkFolder}",
                e));
        }
    }

    private void Stumble(HighwaterException trouble)
    {
        if (Trouble is null)
            LogAway(logger, source.Name, trouble.Message);
        Trouble = trouble;
        (_end, _leveled) = (null, null);
    }

    /// <summary>After every start and after every trouble: nothing is known of the repository then. False while it
    /// lacks more than is for this to bring.</summary>
    private async Task<bool> LevelAsync(CancellationToken cancellationToken)
    {
        var wal = Volatile.Read(ref _wal);
        if (ReferenceEquals(_leveled, wal))
            return true;
        var repository = await source.OpenAsync(cancellationToken);
        repository.EnsureBelongsTo(local.Description.SystemIdentifier);
        _archive = new WalArchive(repository);
        _writer = new PieceWriter(new WalPieces(repository), logger);

        // Segments finished meanwhile are in the queue; copying one twice does no harm.
        var end = new Lsn((ulong)Volatile.Read(ref _wholeEnd));
        if (IsAwaited)
        {
            var result = await replicate.RunAsync(local, repository, budget: null, cancellationToken);
            if (result.Faults is [var fault, ..])
                throw new HighwaterException(ErrorCodes.WalAwaited, fault.WhatHappened, fault.Remedy);
        }
        else if (!await new BringLevel(_local, _archive).RunAsync(wal, cancellationToken))
        {
            return false;
        }

        Advance(end);
        _leveled = wal;
        return true;
    }

    private async Task CopyFinishedAsync(CancellationToken cancellationToken)
    {
        while (_finished.TryPeek(out var finished))
        {
            var segment = finished.Segment;
            var name = WalFileName.Of(segment);
            if (await _local.StatAsync(name, cancellationToken) is { IsThere: true } entry)
                await _archive!.PutStoredAsync(_local, entry, finished.Proof, cancellationToken);
            else
                await _writer!.BeginAsync(segment, cancellationToken); // Its pieces stand for nothing.
            if (_writer!.Segment == segment)
                await _writer.RemoveAsync(cancellationToken);
            var end = segment.End(local.Description.WalSegmentSize);
            if (_end < end)
                Advance(end);
            _finished.TryDequeue(out _);
        }
    }

    private async Task CopyPieceAsync(OpenSegment current, CancellationToken cancellationToken)
    {
        if (_writer!.Segment != current.Name)
            await _writer.BeginAsync(current.Name, cancellationToken);
        await _writer.KeepAsync(current, cancellationToken);
        Volatile.Write(ref _durable, (long)(current.Start.Value + (ulong)_writer.Length));
    }

    private void Advance(Lsn end)
    {
        _end = end;
        Volatile.Write(ref _durable, (long)end.Value);
    }

    [LoggerMessage(EventId = 535, Level = LogLevel.Warning,
        Message = "Streamed WAL does not reach the repository {Repository}, and is tried again: {Error}")]
    private static partial void LogAway(ILogger logger, string repository, string error);

    [LoggerMessage(EventId = 536, Level = LogLevel.Information,
        Message = "Streamed WAL reaches the repository {Repository} again")]
    private static partial void LogBack(ILogger logger, string repository);
}
