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

    /// <summary>Says that the local repository has all whole segments up to here.</summary>
    public void BeginAt(Lsn wholeEnd) => Volatile.Write(ref _wholeEnd, (long)wholeEnd.Value);

    /// <summary>Says which segment is being received now.</summary>
    public void Follow(OpenSegment current) => Volatile.Write(ref _current, current);

    /// <summary>Says that the local repository has one more segment whole, with the proof of it if there is
    /// one.</summary>
    public void Enqueue(WalSegmentName finished, StoredWalProof? proof)
    {
        _finished.Enqueue((finished, proof));
        BeginAt(finished.End(local.Description.WalSegmentSize));
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
            await LevelAsync(cancellationToken);
            await CopyFinishedAsync(cancellationToken);
            if (Volatile.Read(ref _current) is { } current)
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
        (_end, _archive) = (null, null);

        // What nothing waits for is copied by the next WAL sync.
        if (!IsAwaited)
            _finished.Clear();
    }

    /// <summary>After the start and after every trouble: nothing is known of the repository then.</summary>
    private async Task LevelAsync(CancellationToken cancellationToken)
    {
        if (_archive is not null)
            return;
        var repository = await source.OpenAsync(cancellationToken);
        repository.EnsureBelongsTo(local.Description.SystemIdentifier);
        var archive = new WalArchive(repository);
        _writer = new PieceWriter(new WalPieces(repository), logger);
        if (IsAwaited)
        {
            var end = new Lsn((ulong)Volatile.Read(ref _wholeEnd));
            var result = await replicate.RunAsync(local, repository, budget: null, cancellationToken);
            if (result.Faults is [var fault, ..])
                throw new HighwaterException(ErrorCodes.WalAwaited, fault.WhatHappened, fault.Remedy);

            // Segments finished meanwhile are in the queue; copying one twice does no harm.
            Advance(end);
        }

        _archive = archive;
    }

    private async Task CopyFinishedAsync(CancellationToken cancellationToken)
    {
        while (_finished.TryPeek(out var finished))
        {
            var segment = finished.Segment;
            var name = WalFileName.Of(segment);
            if (await _local.StatAsync(name, cancellationToken) is { } entry)
                await _archive!.PutStoredAsync(_local, entry, finished.Proof, cancellationToken);
            if (_writer!.Segment == segment)
                await _writer.RemoveAsync(cancellationToken);
            var end = segment.End(local.Description.WalSegmentSize);
            if (_end is not null && _end < end)
                Advance(end);
            _finished.TryDequeue(out _);
        }
    }

    private async Task CopyPieceAsync(OpenSegment current, CancellationToken cancellationToken)
    {
        if (_writer!.Segment != current.Name)
            await _writer.BeginAsync(current.Name, cancellationToken);
        await _writer.KeepAsync(current, cancellationToken);
        if (_end == current.Start)
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
