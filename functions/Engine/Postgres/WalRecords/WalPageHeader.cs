using System.Buffers.Binary;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// The header of the first page of a WAL segment (XLogLongPageHeaderData in access/xlog_internal.h). Written in the
/// byte order of the server; this program knows little-endian ones, as x86-64 and arm64 are.
/// </summary>
/// <param name="Magic">XLOG_PAGE_MAGIC: changes with every major version, 0xD110 for 15.</param>
/// <param name="Timeline">Of the page. In the segment where a timeline begins it is that of the parent, because the
/// first pages are copied from it (XLogInitNewTimeline in xlog.c).</param>
/// <param name="PageAddress">The LSN of the page's first byte.</param>
/// <param name="SystemIdentifier">The cluster.</param>
/// <param name="SegmentBytes">The size of the cluster's segments.</param>
/// <param name="BlockBytes">The size of a WAL page.</param>
public readonly record struct WalPageHeader(
    ushort Magic,
    uint Timeline,
    Lsn PageAddress,
    SystemIdentifier SystemIdentifier,
    uint SegmentBytes,
    uint BlockBytes)
{
    /// <summary>How many bytes of the segment are needed to read it.</summary>
    public const int Length = 40;

    private const ushort LongHeader = 0x0002; // XLP_LONG_HEADER
    private const ushort KnownFlags = 0x000F; // XLP_ALL_FLAGS

    /// <summary>Reads the header, or says that these bytes are none: too few, or without the marks of a long page
    /// header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> firstBytes, out WalPageHeader header)
    {
        header = default;
        if (firstBytes.Length < Length)
            return false;
        var magic = BinaryPrimitives.ReadUInt16LittleEndian(firstBytes);
        var info = BinaryPrimitives.ReadUInt16LittleEndian(firstBytes[2..]);
        if (magic >> 8 != 0xD1 || (info & LongHeader) == 0 || (info & ~KnownFlags) != 0)
            return false;
        header = new WalPageHeader(
            magic,
            BinaryPrimitives.ReadUInt32LittleEndian(firstBytes[4..]),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(firstBytes[8..])),
            new SystemIdentifier(BinaryPrimitives.ReadUInt64LittleEndian(firstBytes[24..])),
            BinaryPrimitives.ReadUInt32LittleEndian(firstBytes[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(firstBytes[36..]));
        return true;
    }
}
