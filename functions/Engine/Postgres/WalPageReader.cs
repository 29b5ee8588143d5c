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

    private readonly byte[] buffer = new byte[LongestPage];
    private int length;
    private int position;
    private ulong address = start.Value;
    private ulong segmentBytes;
    private ushort magic;

    /// <summary>What of the page has not been taken yet.</summary>
    public ReadOnlySpan<byte> Rest => buffer.AsSpan(position, length - position);

    /// <summary>Where the next byte to be taken stands in the log.</summary>
    public Lsn Position => new(address + (ulong)position);

    /// <summary>How many bytes at the start of the page belong to a record that began before it.</summary>
    public uint Continuation { get; private set; }

    /// <summary>Takes bytes of the page.</summary>
    public void Take(int count) => position += count;

    /// <summary>Takes bytes up to the next position that a record may start at (MAXALIGN).</summary>
    public void Align() => position = Math.Min(length, (position + 7) & ~7);

    /// <summary>Goes on to the next page; false where the log ends, or what follows is not its continuation.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        address += (ulong)length;
        var first = length == 0;
        var wanted = first ? WalPageHeader.Length : length;
        (length, position) = (0, 0);
        if (await FillAsync(0, wanted, cancellationToken) < wanted)
            return false;
        if (first)
        {
            if (!WalPageHeader.TryRead(buffer, out var header) || header.BlockBytes is < 1024 or > LongestPage)
                return false;
            (segmentBytes, magic) = (header.SegmentBytes, header.Magic);
            wanted = (int)header.BlockBytes;
            if (await FillAsync(WalPageHeader.Length, wanted - WalPageHeader.Length, cancellationToken)
                < wanted - WalPageHeader.Length)
                return false;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(buffer) != magic
            || BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(8)) != address)
            return false;
        var info = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(2));
        Continuation = (info & FirstIsContinuation) == 0
            ? 0
            : BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(16));
        length = wanted;
        position = (info & LongHeader) == 0 ? ShortHeader : WalPageHeader.Length;
        return true;
    }

    /// <summary>Passes over the rest of the segment, whose pages need not be valid after a switch.</summary>
    public async ValueTask SkipSegmentAsync(CancellationToken cancellationToken)
    {
        var next = (Position.Value + segmentBytes - 1) / segmentBytes * segmentBytes;
        while (address + (ulong)length < next)
        {
            address += (ulong)length;
            if (await FillAsync(0, length, cancellationToken) < length)
                break;
        }

        position = length;
    }

    private async ValueTask<int> FillAsync(int offset, int count, CancellationToken cancellationToken) =>
        await wal.ReadAtLeastAsync(buffer.AsMemory(offset, count), count, throwOnEndOfStream: false, cancellationToken);
}
