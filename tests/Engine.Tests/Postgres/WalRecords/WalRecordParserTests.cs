using CsCheck;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.TestKit.WalArchiving;

namespace Highwater.Engine.Tests.Postgres.WalRecords;

public sealed class WalRecordParserTests
{
    private static readonly WalSegmentSize Size = new(1 << 20);
    private static readonly SystemIdentifier Cluster = new(7_310_938_764_291_650_493);
    private static readonly ulong SegmentBytes = (ulong)Size.Bytes;

    // Small records, records over several pages, and some over more than a whole segment.
    private static readonly Gen<int[]> BodyLengths =
        Gen.Frequency((20, Gen.Int[0, 400]), (4, Gen.Int[400, 30_000]), (1, Gen.Int[1 << 20, 1_500_000]))
            .Array[1, 60];

    private static readonly Gen<(int[] Lengths, int Seed)> Logs = Gen.Select(BodyLengths, Gen.Int);

    private static readonly Gen<((int[] Lengths, int Seed) Log, (int Record, double Where) Place, int Bit)> Flips =
        Gen.Select(Logs, Gen.Select(Gen.Int[0, 59], Gen.Double[0, 1]), Gen.Int[0, 7]);

    private static readonly Gen<(byte[] Bytes, bool WithHeader)> Noise =
        Gen.Select(Gen.Byte.Array[0, 40_000], Gen.Bool);

    [Fact]
    public void Every_record_is_found_whatever_its_length_and_however_the_bytes_come() =>
        Gen.Select(Logs, Gen.Int[1, 50_000]).Sample(
            (log, piece) =>
            {
                var (wal, starts) = Write(log);
                var found = new List<Lsn>();
                var parser = new WalRecordParser(default, 1, null, record => found.Add(record.Start));
                foreach (var bytes in Whole(wal).Chunk(piece))
                    parser.Append(bytes);
                return starts.SequenceEqual(found);
            },
            iter: 60);

    [Fact]
    public void Segments_read_one_by_one_say_the_same_as_the_log_read_at_once() => Logs.Sample(
        log =>
        {
            var (wal, starts) = Write(log);
            var found = new List<Lsn>();
            WalTail? tail = null;
            for (ulong number = 0; number < Segments(wal); number++)
            {
                var parser = new WalRecordParser(
                    new Lsn(number * SegmentBytes), 1, tail, record => found.Add(record.Start));
                parser.Append(wal.Segment(number));
                if (number < Segments(wal) - 1)
                    Assert.Null(parser.Damage);
                tail = new WalTail(parser.LastRecord, null, parser.Open);
            }

            return starts.SequenceEqual(found);
        },
        iter: 60);

    [Fact]
    public void Every_single_bit_flip_in_a_record_is_found() => Flips.Sample(
        (log, place, bit) =>
        {
            var (wal, starts) = Write(log);
            var bytes = Whole(wal);
            var at = PlaceInRecord(bytes, starts[place.Record % starts.Count], place.Where);
            bytes[at] ^= (byte)(1 << bit);
            var found = new List<Lsn>();
            var parser = new WalRecordParser(default, 1, null, record => found.Add(record.Start));
            parser.Append(bytes);

            // Everything in front of the damage is given, nothing from it on.
            var whole = starts.TakeWhile(start => start.Value <= (ulong)at).SkipLast(1);
            return parser.Damage is not null && found.SequenceEqual(whole);
        },
        iter: 300);

    [Fact]
    public void A_bit_flip_is_found_in_the_last_byte_of_a_record_over_many_pages_and_in_the_last_record()
    {
        var (wal, starts) = Write(([100, 1_200_000, 60_000, 100], 1));
        foreach (var record in Enumerable.Range(0, starts.Count))
        {
            var bytes = Whole(wal);
            var at = PlaceInRecord(bytes, starts[record], 1);
            Assert.Equal(record is 1 or 2, (ulong)at / 8192 > starts[record].Value / 8192);
            bytes[at] ^= 1;
            var found = new List<Lsn>();
            new WalRecordParser(default, 1, null, read => found.Add(read.Start)).Append(bytes);
            Assert.Equal(starts[..record], found);
        }
    }

    [Fact]
    public void Every_single_bit_flip_in_a_page_header_is_found_unless_recovery_ignores_it()
    {
        var (wal, _) = Write((Enumerable.Repeat(3_000, 400).ToArray(), 1));
        var bytes = Whole(wal);
        for (var page = 0; page < 30; page++)
        {
            for (var bit = 0; bit < 20 * 8; bit++)
            {
                // XLP_BKP_REMOVABLE is for those who compress logs, XLP_FIRST_IS_OVERWRITE_CONTRECORD is judged by the
                // record it gives up.
                if (bit is >= 16 and < 32 && (bit - 16) is 2 or 3)
                    continue;
                var at = (page * 8192) + (bit / 8);
                bytes[at] ^= (byte)(1 << (bit % 8));
                var damage = Read(bytes);
                bytes[at] ^= (byte)(1 << (bit % 8));
                Assert.True(damage is not null, $"Bit {bit} of page {page} may be flipped without notice.");
            }
        }
    }

    [Fact]
    public void Any_bytes_at_all_neither_crash_it_nor_keep_it() => Noise.Sample(
        (noise, withHeader) =>
        {
            var bytes = withHeader ? [.. Whole(Write(([10], 1)).Wal).AsSpan(0, 40), .. noise] : noise;
            new WalRecordParser(default, 1, null, _ => { }).Append(bytes);
        },
        iter: 500);

    [Fact]
    public void Any_bytes_in_the_midst_of_a_log_neither_crash_it_nor_pass_for_records() =>
        Gen.Select(Logs, Gen.Byte.Array[1, 3_000], Gen.Double[0, 1]).Sample(
            (log, noise, where) =>
            {
                var (wal, starts) = Write(log);
                var bytes = Whole(wal);
                noise.AsSpan(0, Math.Min(noise.Length, bytes.Length)).CopyTo(
                    bytes.AsSpan((int)(where * (bytes.Length - Math.Min(noise.Length, bytes.Length)))));
                var found = new List<Lsn>();
                new WalRecordParser(default, 1, null, record => found.Add(record.Start)).Append(bytes);
                return found.SequenceEqual(starts.Take(found.Count));
            },
            iter: 200);

    [Fact]
    public void A_segment_whose_front_is_unknown_is_proven_from_the_first_record_that_starts_in_it()
    {
        var (wal, starts) = Write((Enumerable.Repeat(9_000, 200).ToArray(), 1));
        var found = new List<Lsn>();
        var parser = new WalRecordParser(new Lsn(SegmentBytes), 1, null, record => found.Add(record.Start));
        parser.Append(wal.Segment(1));
        var inside = starts.Where(start => start.Value >= SegmentBytes).ToList();
        Assert.Equal(inside[0], parser.ProvenFrom);
        Assert.Equal(inside.Take(found.Count), found);
    }

    [Fact]
    public void A_record_that_is_not_the_one_after_the_last_is_damage()
    {
        var (wal, starts) = Write((Enumerable.Repeat(9_000, 200).ToArray(), 1));
        var foreign = new WalTail(starts[3], null, null);
        var parser = new WalRecordParser(new Lsn(SegmentBytes), 1, foreign, _ => { });
        parser.Append(wal.Segment(1));
        Assert.NotNull(parser.Damage);
    }

    [Fact]
    public void A_record_that_a_crash_cut_and_the_server_gave_up_is_passed_over()
    {
        var wal = new TestWal(Cluster, Size, default);
        var before = wal.Append(10, 0, 1, new byte[100]);
        wal.AppendCut(20_000);
        var after = wal.Append(0, 0xD0, 0, new byte[18]);
        var found = new List<Lsn>();
        new WalRecordParser(default, 1, null, record => found.Add(record.Start)).Append(wal.Segment(0));
        Assert.Equal([before, after], found);
    }

    [Fact]
    public void After_a_switch_the_next_record_is_in_the_next_segment()
    {
        var wal = new TestWal(Cluster, Size, default);
        wal.Append(10, 0, 1, new byte[100]);
        wal.Switch();
        var next = wal.Append(10, 0, 2, new byte[100]);
        var found = new List<Lsn>();
        var parser = new WalRecordParser(default, 1, null, record => found.Add(record.Start));
        parser.Append(wal.Segment(0));
        Assert.Null(parser.Damage);
        parser.Append(wal.Segment(1));
        Assert.Equal(next, found[^1]);
        Assert.Equal(SegmentBytes + 40, next.Value);
    }

    [Fact]
    public void A_segment_that_ends_before_its_end_is_damage()
    {
        var wal = new TestWal(Cluster, Size, default);
        wal.Append(10, 0, 1, new byte[100]);
        Assert.Contains("no record follows", Read(wal.Segment(0))?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_timeline_may_begin_within_a_segment_but_never_end_there()
    {
        var wal = new TestWal(Cluster, Size, default);
        wal.Append(10, 0, 1, new byte[20_000]);
        wal.Timeline = 2;
        wal.Append(10, 0, 1, new byte[20_000]);
        Assert.Contains("is on timeline 2", Read(wal.Segment(0))?.Reason, StringComparison.Ordinal);
        var parser = new WalRecordParser(default, 2, null, _ => { });
        parser.Append(wal.Segment(0).AsSpan(0, 40_000));
        Assert.Null(parser.Damage);

        wal.Timeline = 1;
        wal.Append(10, 0, 1, new byte[20_000]);
        parser = new WalRecordParser(default, 2, null, _ => { });
        parser.Append(wal.Segment(0));
        Assert.Contains("is on timeline 1", parser.Damage?.Reason, StringComparison.Ordinal);
    }

    private static WalDamage? Read(ReadOnlySpan<byte> bytes)
    {
        var parser = new WalRecordParser(default, 1, null, _ => { });
        parser.Append(bytes);
        return parser.Damage;
    }

    private static (TestWal Wal, List<Lsn> Starts) Write((int[] Lengths, int Seed) log)
    {
        var wal = new TestWal(Cluster, Size, default);
        var random = new Random(log.Seed);
        var starts = new List<Lsn>();
        foreach (var length in log.Lengths)
        {
            var body = new byte[length];
            random.NextBytes(body);
            starts.Add(wal.Append((byte)random.Next(0, 22), (byte)(random.Next(0, 4) << 4), (uint)random.Next(), body));
            if (starts[^1].Value > 6 * SegmentBytes)
                break;
        }

        return (wal, starts);
    }

    private static ulong Segments(TestWal wal) => (wal.Position.Value + SegmentBytes - 1) / SegmentBytes;

    private static byte[] Whole(TestWal wal) =>
        [.. Enumerable.Range(0, (int)Segments(wal)).SelectMany(number => wal.Segment((ulong)number))];

    /// <summary>Where a byte of a record stands, on whichever of its pages: no page header, no padding.</summary>
    private static int PlaceInRecord(byte[] wal, Lsn record, double where)
    {
        var at = (int)record.Value;
        var total = BitConverter.ToInt32(wal, at);
        var ahead = Math.Min((int)(where * total), total - 1);
        for (var inPage = 8192 - (at % 8192); ahead >= inPage; inPage = 8192 - (at % 8192))
        {
            ahead -= inPage;
            at += inPage;
            at += (ulong)at % SegmentBytes == 0 ? 40 : 24;
        }

        return at + ahead;
    }
}
