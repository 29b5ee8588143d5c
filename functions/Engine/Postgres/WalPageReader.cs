using System.Buffers.Binary;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Walks the pages of the write-ahead log (XLogPageHeaderData in access/xlog_internal.h) in a stream that starts with a
/// segment.
/// </summary>
internal sealed class WalPageReader(Stream wal, Lsn start)
{
    private const int LongestPage = 64 << 10;
    private const int ShortHeader = 24;
    private const ushort FirstIsContinuation = 0x0001; // XLP_FIRST_IS_CONTRECORD
    private const ushort LongHeader = 0x0002; // XLP_LONG_HEADER

    private readonly byte[] _buffer = new byte[LongestPage];
    private int _length;
    private int _position;
    private ulong _address = start.Value;
    private ulong _segmentBytes;
    private ushort _magic;

    /// <summary>What of the page has not been taken yet.</summary>
    public ReadOnlySpan<byte> Rest => _buffer.AsSpan(_position, _length - _position);

    /// <summary>Where the next byte to be taken stands in the log.</summary>
    public Lsn Position => new(_address + (ulong)_position);

    /// <summary>How many bytes at the start of the page belong to a record that began before it.</summary>
    public uint Continuation { get; private set; }

    /// <summary>Takes bytes of the page.</summary>
    public void Take(int count) => _position += count;

    /// <summary>Takes bytes up to the next position that a record may start at (MAXALIGN).</summary>
    public void Align() => _position = Math.Min(_length, (_position + 7) & ~7);

    /// <summary>Goes on to the next page; false where the log ends, or what follows is not its continuation.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        _address += (ulong)_length;
        var first = _length == 0;
        var wanted = first ? WalPageHeader.Length : _length;
        (_length, _position) = (0, 0);
        if (await FillAsync(0, wanted, cancellationToken) < wanted)
            return false;
        if (first)
        {
            if (!WalPageHeader.TryRead(_buffer, out var header) || header.BlockBytes is < 1024 or > LongestPage)
                return false;
            (_segmentBytes, _magic) = (header.SegmentBytes, header.Magic);
            wanted = (int)header.BlockBytes;
            if (await FillAsync(WalPageHeader.Length, wanted - WalPageHeader.Length, cancellationToken)
                < wanted - WalPageHeader.Length)
                return false;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(_buffer) != _magic
            || BinaryPrimitives.ReadUInt64LittleEndian(_buffer.AsSpan(8)) != _address)
            return false;
        var info = BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(2));
        Continuation = (info & FirstIsContinuation) == 0
            ? 0
            : BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(16));
        _length = wanted;
        _position = (info & LongHeader) == 0 ? ShortHeader : WalPageHeader.Length;
        return true;
    }

    /// <summary>Passes over the rest of the segment, whose pages need not be valid after a switch.</summary>
    public async ValueTask SkipSegmentAsync(CancellationToken cancellationToken)
    {
        var next = (Position.Value + _segmentBytes - 1) / _segmentBytes * _segmentBytes;
        while (_address + (ulong)_length < next)
        {
            _address += (ulong)_length;
            if (await FillAsync(0, _length, cancellationToken) < _length)
                break;
        }

        _position = _length;
    }

    private async ValueTask<int> FillAsync(int offset, int count, CancellationToken cancellationToken) =>
        await wal.ReadAtLeastAsync(
            _buffer.AsMemory(offset, count), count, throwOnEndOfStream: false, cancellationToken);
}
