using System.Buffers.Binary;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// Takes the log's bytes as they pass, from the start of a segment on, and gives its records: each with the right
/// checksum, and each naming the one before it, as recovery wants them (XLogReadRecord in
/// access/transam/xlogreader.c). What PostgreSQL 13 to 18 write differs only in magic numbers. Holds one page and never
/// a record.
/// </summary>
internal sealed class WalRecordParser
{
    private const int LongestPage = 64 << 10;

    // XLogRecordMaxSize is a little less; before version 16 palloc had this limit.
    private const uint LongestRecord = 1 << 30;

    private readonly Action<WalRecord> _found;
    private readonly uint _newestTimeline;
    private readonly byte[] _buffer = new byte[LongestPage];
    private int _filled;
    private Lsn _address;
    private Lsn _ignoredUntil;
    private WalPageOrder? _order;
    private OpenWalRecord? _open;
    private OpenWalRecord? _ended;
    private Lsn? _lastRecord;
    private bool _isFirstPage = true;
    private readonly bool _knowsBefore;

    /// <param name="start">Of the first byte: that of a segment.</param>
    /// <param name="newestTimeline">That of the segment, or of the newest one of several.</param>
    /// <param name="before">What the segment in front ended with; null where that is not known. Then the rest of a
    /// record that began there is passed over.</param>
    /// <param name="found">Gets each record when its last byte has passed. The record is valid within the
    /// call.</param>
    public WalRecordParser(Lsn start, uint newestTimeline, WalTail? before, Action<WalRecord> found)
    {
        (_address, _newestTimeline, _found) = (start, newestTimeline, found);
        ProvenFrom = start;
        ProvenTo = before?.Open?.Start ?? start;
        _knowsBefore = before is not null;
        _lastRecord = before?.LastRecord;
        _open = before?.Open is { } part ? OpenWalRecord.Continue(part) : null;
    }

    /// <summary>Where the log is wrong; null as long as it is right. Nothing is read beyond it.</summary>
    public WalDamage? Damage { get; private set; }

    /// <summary>From here on every byte of every record is proven: the start, or the end of a record whose beginning
    /// is not known.</summary>
    public Lsn ProvenFrom { get; private set; }

    /// <summary>
    /// Up to here every record is whole: the end of the last one, as EndRecPtr of xlogreader.c gives it. The segment's
    /// start if there was none; before that, if the record open there did not end.
    /// </summary>
    public Lsn ProvenTo { get; private set; }

    /// <summary>The newest record that is whole; null if there was none.</summary>
    public Lsn? LastRecord => _lastRecord;

    /// <summary>The record that has begun and not ended; null if there is none or its beginning is unknown.</summary>
    public WalRecordPart? Open => _open is { IsRest: false } ? _open.ToPart() : null;

    /// <summary>Whether what comes next can be proven with what is known here.</summary>
    public bool IsKnown => _open is not { IsRest: true } && !_isFirstPage;

    /// <summary>Takes the next bytes, any number of them.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && Damage is null)
        {
            var pageBytes = _order?.PageBytes ?? WalPageHeader.Length;
            if (_filled == 0 && _order is not null && bytes.Length >= pageBytes)
            {
                ReadPage(bytes[..pageBytes]);
                bytes = bytes[pageBytes..];
                continue;
            }

            var taken = Math.Min(bytes.Length, pageBytes - _filled);
            bytes[..taken].CopyTo(_buffer.AsSpan(_filled));
            _filled += taken;
            bytes = bytes[taken..];
            if (_filled < pageBytes)
                return;
            if (_order is null)
            {
                ReadFirstHeader();
                continue;
            }

            _filled = 0;
            ReadPage(_buffer.AsSpan(0, pageBytes));
        }
    }

    private void ReadFirstHeader()
    {
        if (!WalPageHeader.TryRead(_buffer, out var header))
            Fail(_address, "it does not start with the page header of a WAL segment");
        else if (header.BlockBytes is < 1024 or > LongestPage || header.SegmentBytes % header.BlockBytes != 0)
            Fail(_address, $"its first page says that pages have {header.BlockBytes} bytes");
        else
            _order = new WalPageOrder(header, _newestTimeline);
    }

    private void ReadPage(ReadOnlySpan<byte> page)
    {
        var address = _address;
        _address = new Lsn(address.Value + (ulong)page.Length);
        if (address < _ignoredUntil)
            return;
        var header = WalPage.Read(page);
        if (_order!.FindFault(header, page, address) is { } fault)
        {
            Fail(address, fault);
            return;
        }

        if (!Enter(header))
            return;
        _isFirstPage = false;
        ReadRecords(page, address, header.Length);
    }

    /// <summary>Compares what a page begins with and what was open before it.</summary>
    private bool Enter(in WalPage page)
    {
        if (page.Overwrites)
            GiveUp(page);
        if (_open is not null)
        {
            return (page.Continues && page.Continuation == _open.Remaining)
                || Fail(_open.Start, $"its record is cut off at {page.Address}");
        }

        if (!page.Continues)
            return true;
        if (!_isFirstPage || _knowsBefore)
            return Fail(page.Address, "the page goes on with a record that never began");
        _open = OpenWalRecord.RestOf(page.Address, page.Continuation);
        return true;
    }

    /// <summary>After a crash the server leaves the record it had not finished, and says so on the next
    /// page.</summary>
    private void GiveUp(in WalPage page)
    {
        if (_open is { IsRest: true })
            ProvenFrom = page.Address;
        _open = null;
    }

    private void ReadRecords(ReadOnlySpan<byte> page, Lsn address, int position)
    {
        while (position < page.Length)
        {
            if (_open is null && !Begin(page, address, position))
                return;
            position += _open!.Append(page[position..]);
            if (_open.HasHeader && !FollowsTheLast(_open))
                return;
            if (!_open.IsComplete)
                return;

            // Records start at multiples of eight (MAXALIGN).
            position = (position + 7) & ~7;
            var end = new Lsn(address.Value + (ulong)position);
            if (!Complete(_open, end) || end < _ignoredUntil)
                return;
        }
    }

    private bool Begin(ReadOnlySpan<byte> page, Lsn address, int position)
    {
        // Pages and records are aligned to eight bytes, so that a record's length is never cut.
        var start = new Lsn(address.Value + (ulong)position);
        var total = BinaryPrimitives.ReadUInt32LittleEndian(page[position..]);
        if (total is < WalRecord.HeaderLength or > LongestRecord)
            return Fail(start, total == 0
                ? "no record follows, though its segment is not finished"
                : $"a record of {total} bytes cannot be");
        _open = _ended?.BeginAgain(start, total) ?? OpenWalRecord.Begin(start, total);
        _ended = null;
        return true;
    }

    private bool FollowsTheLast(OpenWalRecord open)
    {
        if (_lastRecord is { } last ? open.Previous == last : open.Previous < open.Start)
            return true;
        return Fail(open.Start, $"its record names {open.Previous} as the one before it"
            + (_lastRecord is { } expected ? $", which is {expected}" : ""));
    }

    private bool Complete(OpenWalRecord open, Lsn end)
    {
        (_open, _ended) = (null, open);
        if (open.IsRest)
        {
            ProvenTo = ProvenFrom = end;
            return true;
        }

        if (!open.HasRightCrc())
            return Fail(open.Start, "its record does not have the checksum it should have (CRC-32C)");
        _lastRecord = open.Start;
        ProvenTo = end;
        var record = open.ToRecord();
        if (record.IsSwitch)
        {
            // The rest of the segment is empty, its pages without headers.
            var size = _order!.SegmentBytes;
            ProvenTo = _ignoredUntil = new Lsn((end.Value + size - 1) / size * size);
        }

        _found(record);
        return true;
    }

    private bool Fail(Lsn at, string reason)
    {
        Damage = new WalDamage(at, reason);
        return false;
    }
}
