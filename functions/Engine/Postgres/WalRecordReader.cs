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

    private readonly WalPageReader page = new(wal, start);
    private byte[] record = new byte[16 << 10];
    private bool started;
    private bool ended;

    /// <summary>The next record, or null at the end: nothing follows, or what follows is no whole record.</summary>
    public async ValueTask<WalRecord?> NextAsync(CancellationToken cancellationToken)
    {
        while (!ended)
        {
            ended = !await FindStartAsync(cancellationToken);
            if (ended)
                return null;
            var position = page.Position;
            var total = BinaryPrimitives.ReadUInt32LittleEndian(page.Rest);
            ended = total < WalRecord.HeaderLength;
            if (ended)
                return null;
            switch (await CollectAsync(total, cancellationToken))
            {
                case Collected.Overwritten:
                    continue;
                case Collected.End:
                    ended = true;
                    return null;
            }

            ended = total <= LongestKept && !HasRightCrc((int)total);
            if (ended)
                return null;
            page.Align();
            var body = total <= LongestKept
                ? record.AsMemory(WalRecord.HeaderLength, (int)total - WalRecord.HeaderLength)
                : default;
            var xid = BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(4));
            var found = new WalRecord(position, record[17], record[16], xid, body);
            if (found.IsSwitch)
                await page.SkipSegmentAsync(cancellationToken);
            return found;
        }

        return null;
    }

    /// <summary>Goes to the next place where a record starts, over the rest of one that began before.</summary>
    private async ValueTask<bool> FindStartAsync(CancellationToken cancellationToken)
    {
        if (!started)
        {
            started = true;
            if (!await page.NextAsync(cancellationToken))
                return false;
            while (page.Continuation > page.Rest.Length)
            {
                if (!await page.NextAsync(cancellationToken))
                    return false;
            }

            page.Take((int)page.Continuation);
            page.Align();
        }

        // A record's length is never cut: records are aligned, and so are pages.
        return page.Rest.Length >= sizeof(uint) || await page.NextAsync(cancellationToken);
    }

    private async ValueTask<Collected> CollectAsync(uint total, CancellationToken cancellationToken)
    {
        if (total <= LongestKept && record.Length < total)
            record = new byte[BitOperations.RoundUpToPowerOf2(total)];
        uint collected = 0;
        while (true)
        {
            var count = (int)Math.Min(total - collected, (uint)page.Rest.Length);
            // Of a record that is not kept the header alone is wanted.
            var kept = Math.Min(count, (int)Math.Max(0, record.Length - (long)collected));
            page.Rest[..kept].CopyTo(record.AsSpan((int)Math.Min(collected, (uint)record.Length)));
            page.Take(count);
            collected += (uint)count;
            if (collected == total)
                return Collected.Whole;
            if (!await page.NextAsync(cancellationToken))
                return Collected.End;

            // After a crash the server gives the cut record up and writes others in its place.
            if (page.Continuation != total - collected)
                return Collected.Overwritten;
        }
    }

    /// <summary>CRC-32C of the body, then of the header up to the CRC (COMP_CRC32C in XLogInsert).</summary>
    private bool HasRightCrc(int total)
    {
        var crc = Add(uint.MaxValue, record.AsSpan(WalRecord.HeaderLength, total - WalRecord.HeaderLength));
        crc = ~Add(crc, record.AsSpan(0, CrcOffset));
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(CrcOffset));
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
