using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// Puts received WAL into the local repository: whole segments as archived ones are put, the unfinished one in pieces.
/// A finished segment is stored while the next one is received. Not for concurrent use.
/// </summary>
/// <param name="local">The repository.</param>
/// <param name="options">The folder for work files.</param>
/// <param name="spool">Its quarantine takes segments that may not enter the repository.</param>
/// <param name="finished">Told of every segment that the repository has whole now, with the proof of it, or that was
/// set aside.</param>
/// <param name="logger">Told of segments that do not get in.</param>
internal sealed partial class SegmentKeeper(
    BackupRepository local,
    WalStreamOptions options,
    WalSpool spool,
    Action<WalSegmentName, StoredWalProof?> finished,
    ILogger logger)
    : IAsyncDisposable
{
    private readonly WalArchive _archive = new(local);
    private readonly WalPieces _pieces = new(local);
    private readonly List<WalFault> _faults = [];
    private readonly byte[] _buffer = new byte[1 << 17];
    private OpenSegment? _segment;
    private PieceWriter _writer = null!;
    private Task _storing = Task.CompletedTask;
    private (WalSegmentName Segment, Sha256Hash Hash)? _refused;

    /// <summary>The segment that is being received.</summary>
    public OpenSegment Current => _segment!;

    /// <summary>The next byte to come.</summary>
    public Lsn Received => new(Current.Start.Value + (ulong)Current.Written);

    /// <summary>Everything before it is durable in the repository.</summary>
    public Lsn Durable { get; private set; }

    public int Segments { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Segments that did not get in, and why.</summary>
    public IReadOnlyList<WalFault> Faults => _faults;

    /// <summary>Goes to the start of a segment, or to where the pieces that the repository has of it end.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public async Task BeginAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        await CloseAsync(cancellationToken);
        _segment = OpenSegment.Create(segment, local.Description.WalSegmentSize, options.WorkFolder);
        _writer = new PieceWriter(_pieces, logger);
        await _writer.BeginAsync(segment, cancellationToken);
        await _writer.LoadAsync(_segment, cancellationToken);
        Durable = Received;
        if (_segment.IsFull)
            await FinishAsync(cancellationToken);
    }

    /// <summary>Takes what the server sent.</summary>
    /// <param name="read">Gives the next bytes of it; 0 at its end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException">Any storage error; <see cref="ErrorCodes.WalConflict"/>; of an earlier
    /// segment as well.</exception>
    public async Task AppendAsync(Func<Memory<byte>, Task<int>> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            var room = (int)Math.Min(_buffer.Length, Current.Size.Bytes - Current.Written);
            var count = await read(_buffer.AsMemory(0, room));
            if (count == 0)
                return;
            await Current.AppendAsync(_buffer.AsMemory(0, count), cancellationToken);
            Bytes += count;
            if (Current.IsFull)
                await FinishAsync(cancellationToken);
        }
    }

    /// <summary>Makes everything received so far durable.</summary>
    /// <exception cref="HighwaterException">As <see cref="AppendAsync"/>.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        await _storing;
        await _writer.KeepAsync(Current, cancellationToken);
        Durable = new Lsn(Current.Start.Value + (ulong)_writer.Length);
    }

    public async ValueTask DisposeAsync()
    {
        // Its error, if any, is thrown to whoever works with this; here it only has to be over.
        await _storing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_segment is not null)
            await _segment.DisposeAsync();
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (_segment is null)
            return;

        // The segment before did not get in, which was said then: what came after it comes again.
        if (_storing.IsFaulted)
            _storing = Task.CompletedTask;
        else
            await KeepAsync(cancellationToken);
        await _segment.DisposeAsync();
        _segment = null;
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await _storing;
        _storing = StoreAsync(Current, _writer, cancellationToken);
        _segment = OpenSegment.Create(Current.Name.Next(Current.Size), Current.Size, options.WorkFolder);
        _writer = new PieceWriter(_pieces, logger);
        _writer.BeginEmpty(_segment.Name);
    }

    private async Task StoreAsync(OpenSegment segment, PieceWriter writer, CancellationToken cancellationToken)
    {
        await using var disposed = segment;
        var file = WalFileName.Of(segment.Name);
        StoredWalProof? proof;
        try
        {
            await using var plain = segment.OpenWhole();
            proof = await _archive.PutAndReadBackAsync(file, plain, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.WalInvalid || e.Code == ErrorCodes.WalConflict)
        {
            if (e.Code == ErrorCodes.WalInvalid)
                await EnsureServersAsync(segment, writer, e, cancellationToken);

            // Later segments go on, as they do from the spool.
            await using var refused = segment.OpenWhole();
            var movedTo = await spool.SetAsideAsync(file, refused, cancellationToken);
            LogRefused(logger, segment.Name, local.Name, movedTo, e.Message);
            _faults.Add(WalFault.Of(file.Name, e, movedTo));
            await EndAsync(segment, writer, null, cancellationToken);
            return;
        }

        Segments++;
        await EndAsync(segment, writer, proof, cancellationToken);
    }

    private async Task EndAsync(
        OpenSegment segment, PieceWriter writer, StoredWalProof? proof, CancellationToken cancellationToken)
    {
        await writer.RemoveAsync(cancellationToken);
        Durable = segment.Name.End(segment.Size);
        finished(segment.Name, proof);
    }

    /// <summary>
    /// Whether the server really has these bytes: only if the same come twice. Otherwise the line or the work file may
    /// have spoilt what the server has right, or the pieces are of WAL that it lost in a crash: nothing is
    /// acknowledged.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>: transient the first time.</exception>
    private async Task EnsureServersAsync(
        OpenSegment segment, PieceWriter writer, HighwaterException invalid, CancellationToken cancellationToken)
    {
        Sha256Hash hash;
        await using (var plain = segment.OpenWhole())
            hash = new Sha256Hash(await SHA256.HashDataAsync(plain, cancellationToken));
        var before = _refused;
        _refused = (segment.Name, hash);
        if (before == _refused)
            return;
        await writer.RemoveAsync(cancellationToken);
        if (before?.Segment != segment.Name)
            throw new TransientException(
                invalid.Code, $"{invalid.WhatHappened} It is streamed again.", invalid.Remedy, invalid);
        throw new HighwaterException(
            invalid.Code,
            $"{invalid.WhatHappened} It came twice, with other bytes each time.",
            $"check the memory of this machine, the network, and the disk of {options.WorkFolder}: the server keeps "
            + "the segment, and it is streamed again",
            invalid);
    }

    [LoggerMessage(EventId = 534, Level = LogLevel.Error,
        Message = "The streamed WAL segment {Segment} does not go into the {Repository} repository, it is in {Path}: "
            + "{Error}")]
    private static partial void LogRefused(
        ILogger logger, WalSegmentName segment, string repository, string path, string error);
}
