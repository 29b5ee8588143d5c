using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Reads the records of the write-ahead log from the start of a segment on, as far as they are whole (XLogReadRecord in
/// access/transam/xlogreader.c). The first record is the first that starts in the segment.
/// </summary>
/// <param name="wal">Plain bytes of one segment or of several that follow each other.</param>
/// <param name="start">The LSN of the first byte.</param>
internal sealed class WalRecordReader(Stream wal, Lsn start)
{
    // Commits and restore points are far smaller unless a transaction had very many subtransactions.
    private const int LongestKept = 4 << 20;
    private const int CrcOffset = 20;

    private readonly WalPageReader _page = new(wal, start);
    private byte[] _record = new byte[16 << 10];
    private bool _started;
    private bool _ended;

    /// <summary>The next record, or null at the end: nothing follows, or what follows is no whole record.</summary>
    public async ValueTask<WalRecord?> NextAsync(CancellationToken cancellationToken)
    {
        while (!_ended)
        {
            _ended = !await FindStartAsync(cancellationToken);
            if (_ended)
                return null;
            var position = _page.Position;
            var total = BinaryPrimitives.ReadUInt32LittleEndian(_page.Rest);
            _ended = total < WalRecord.HeaderLength;
            if (_ended)
                return null;
            switch (await CollectAsync(total, cancellationToken))
            {
                case Collected.Overwritten:
                    continue;
                case Collected.End:
                    _ended = true;
                    return null;
            }

            _ended = total <= LongestKept && !HasRightCrc((int)total);
            if (_ended)
                return null;
            _page.Align();
            var body = total <= LongestKept
                ? _record.AsMemory(WalRecord.HeaderLength, (int)total - WalRecord.HeaderLength)
                : default;
            var xid = BinaryPrimitives.ReadUInt32LittleEndian(_record.AsSpan(4));
            var found = new WalRecord(position, _record[17], _record[16], xid, body);
            if (found.IsSwitch)
                await _page.SkipSegmentAsync(cancellationToken);
            return found;
        }

        return null;
    }

    /// <summary>Goes to the next place where a record starts, over the rest of one that began before.</summary>
    private async ValueTask<bool> FindStartAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            _started = true;
            if (!await _page.NextAsync(cancellationToken))
                return false;
            while (_page.Continuation > _page.Rest.Length)
            {
                if (!await _page.NextAsync(cancellationToken))
                    return false;
            }

            _page.Take((int)_page.Continuation);
            _page.Align();
        }

        // A record's length is never cut: records are aligned, and so are pages.
        return _page.Rest.Length >= sizeof(uint) || await _page.NextAsync(cancellationToken);
    }

    private async ValueTask<Collected> CollectAsync(uint total, CancellationToken cancellationToken)
    {
        if (total <= LongestKept && _record.Length < total)
            _record = new byte[BitOperations.RoundUpToPowerOf2(total)];
        uint collected = 0;
        while (true)
        {
            var count = (int)Math.Min(total - collected, (uint)_page.Rest.Length);
            // Of a record that is not kept the header alone is wanted.
            var kept = Math.Min(count, (int)Math.Max(0, _record.Length - (long)collected));
            _page.Rest[..kept].CopyTo(_record.AsSpan((int)Math.Min(collected, (uint)_record.Length)));
            _page.Take(count);
            collected += (uint)count;
            if (collected == total)
                return Collected.Whole;
            if (!await _page.NextAsync(cancellationToken))
                return Collected.End;

            // After a crash the server gives the cut record up and writes others in its place.
            if (_page.Continuation != total - collected)
                return Collected.Overwritten;
        }
    }

    /// <summary>CRC-32C of the body, then of the header up to the CRC (COMP_CRC32C in XLogInsert).</summary>
    private bool HasRightCrc(int total)
    {
        var crc = Add(uint.MaxValue, _record.AsSpan(WalRecord.HeaderLength, total - WalRecord.HeaderLength));
        crc = ~Add(crc, _record.AsSpan(0, CrcOffset));
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(_record.AsSpan(CrcOffset));
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        foreach (var one in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, one);
        return crc;
    }

    private enum Collected
    {
        Whole,
        Overwritten,
        End,
    }
}
