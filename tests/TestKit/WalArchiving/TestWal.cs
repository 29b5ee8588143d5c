using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Highwater.Engine.Postgres;

namespace Highwater.TestKit.WalArchiving;

/// <summary>
/// Writes a write-ahead log as PostgreSQL does, without a server: pages with headers, records with checksums that name
/// the one before them (access/xlog_internal.h, access/xlogrecord.h). Written apart from the reader, to be compared
/// with it.
/// </summary>
public sealed class TestWal
{
    private const int PageBytes = 8192;
    private const int RecordHeader = 24;
    private readonly List<byte> _log = [];
    private readonly SystemIdentifier _cluster;
    private readonly WalSegmentSize _size;
    private readonly ushort _magic;
    private readonly Lsn _start;
    private ushort _flagsOfNextPage;

    /// <param name="cluster">Whose.</param>
    /// <param name="size">Of a segment.</param>
    /// <param name="start">That of a segment.</param>
    /// <param name="timeline">Of the pages.</param>
    /// <param name="previous">The record in front of the first.</param>
    /// <param name="magic">Of the server's major version; that of 15 by default.</param>
    public TestWal(
        SystemIdentifier cluster,
        WalSegmentSize size,
        Lsn start,
        uint timeline = 1,
        Lsn previous = default,
        ushort magic = 0xD110)
    {
        (_cluster, _size, _start, _magic) = (cluster, size, start, magic);
        (Timeline, LastRecord) = (timeline, previous);
    }

    /// <summary>Of the pages that begin from now on.</summary>
    public uint Timeline { get; set; }

    /// <summary>Where the newest record starts.</summary>
    public Lsn LastRecord { get; private set; }

    /// <summary>Where the next byte goes.</summary>
    public Lsn Position => new(_start.Value + (ulong)_log.Count);

    /// <summary>How many bytes of records still fit into the segment.</summary>
    public int Room
    {
        get
        {
            var inSegment = (int)(Position.Value % (ulong)_size.Bytes);
            if (inSegment == 0)
                return Usable(0);
            var restOfPage = (PageBytes - (inSegment % PageBytes)) % PageBytes;
            return restOfPage + Usable(inSegment + restOfPage);
        }
    }

    /// <summary>The end of a transaction; gives the start of the record.</summary>
    public Lsn Commit(uint xid, DateTimeOffset at) => Append(1, 0x00, xid, Main(Micros(at)));

    /// <summary>A named place; gives the start of the record.</summary>
    public Lsn RestorePoint(string name, DateTimeOffset at)
    {
        var text = new byte[64];
        Encoding.UTF8.GetBytes(name, text);
        return Append(0, 0x70, 0, Main([.. Micros(at), .. text]));
    }

    /// <summary>Ends the segment early.</summary>
    public void Switch()
    {
        Append(0, 0x40, 0, []);
        while (Position.Value % (ulong)_size.Bytes != 0)
            _log.Add(0);
    }

    /// <summary>A record of any kind; gives its start.</summary>
    public Lsn Append(byte resourceManager, byte info, uint xid, ReadOnlySpan<byte> body)
    {
        var record = new byte[RecordHeader + body.Length];
        if (Position.Value % PageBytes == 0)
            WritePageHeader(0);
        var start = Position;
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), xid);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(8), LastRecord.Value);
        (record[16], record[17]) = (info, resourceManager);
        body.CopyTo(record.AsSpan(RecordHeader));
        BinaryPrimitives.WriteUInt32LittleEndian(
            record.AsSpan(20), Crc([.. record.AsSpan(RecordHeader), .. record.AsSpan(0, 20)]));
        Write(record);
        while (Position.Value % 8 != 0)
            _log.Add(0);
        LastRecord = start;
        return start;
    }

    /// <summary>The beginning of a record whose rest a crash lost; the server says so on the page it goes on
    /// with.</summary>
    public void AppendCut(int totalBytes)
    {
        var end = Position;
        var last = LastRecord;
        Append(10, 0, 0, new byte[totalBytes - RecordHeader]);
        LastRecord = last;
        var nextPage = ((end.Value / PageBytes) + 1) * PageBytes;
        if (Position.Value <= nextPage)
            throw new ArgumentException("It has to reach the next page.", nameof(totalBytes));
        var kept = (int)(nextPage - _start.Value);
        _log.RemoveRange(kept, _log.Count - kept);
        _flagsOfNextPage = 0x0008;
    }

    /// <summary>The bytes of the segment with a number, zeros where nothing was written.</summary>
    public byte[] Segment(ulong number)
    {
        var bytes = new byte[_size.Bytes];
        var offset = (long)((number * (ulong)_size.Bytes) - _start.Value);
        var length = (int)Math.Clamp(_log.Count - offset, 0, _size.Bytes);
        CollectionsMarshal.AsSpan(_log).Slice((int)offset, length).CopyTo(bytes);
        return bytes;
    }

    private static byte[] Main(ReadOnlySpan<byte> data) => [255, (byte)data.Length, .. data];

    private static byte[] Micros(DateTimeOffset at)
    {
        var bytes = new byte[8];
        var since = at - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, since.Ticks / TimeSpan.TicksPerMicrosecond);
        return bytes;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    private int Usable(int offsetInSegment)
    {
        var pages = ((int)_size.Bytes - offsetInSegment) / PageBytes;
        return (pages * (PageBytes - 24)) - (offsetInSegment == 0 ? 16 : 0);
    }

    private void Write(ReadOnlySpan<byte> record)
    {
        while (record.Length > 0)
        {
            if (Position.Value % PageBytes == 0)
                WritePageHeader(record.Length);
            var count = Math.Min(record.Length, PageBytes - (int)(Position.Value % PageBytes));
            _log.AddRange(record[..count]);
            record = record[count..];
        }
    }

    private void WritePageHeader(int continuation)
    {
        var isFirst = Position.Value % (ulong)_size.Bytes == 0;
        var header = new byte[isFirst ? 40 : 24];
        var flags = (continuation > 0 ? 1 : 0) | (isFirst ? 2 : 0) | _flagsOfNextPage;
        _flagsOfNextPage = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(header, _magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)flags);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Timeline);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), Position.Value);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), continuation);
        if (isFirst)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), _cluster.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(32), (uint)_size.Bytes);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(36), PageBytes);
        }

        _log.AddRange(header);
    }
}
