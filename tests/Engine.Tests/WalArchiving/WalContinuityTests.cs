using CsCheck;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class WalContinuityTests
{
    private static readonly WalSegmentSize Size = WalScene.Size;
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Ranges_and_gaps_are_found_across_the_border_of_a_log()
    {
        var wal = Of(Segments(1, 4094, 4095, 4096, 4099, 4100));
        Assert.Equal(
            [new WalRange(Segment(4094), Segment(4096)), new WalRange(Segment(4099), Segment(4100))], wal.Ranges);
        Assert.Equal([new WalRange(Segment(4097), Segment(4098))], wal.Gaps);
    }

    [Fact]
    public void A_backup_misses_every_segment_from_its_first_to_its_last_that_is_not_there()
    {
        var backup = TestBackups.Needing(Segment(3), Segment(5), Size);
        Assert.Empty(Of(Segments(1, 3, 4, 5)).Missing(backup));
        Assert.Equal([Segment(4)], Of(Segments(1, 3, 5, 6)).Missing(backup));
        Assert.Equal([Segment(3), Segment(4), Segment(5)], Of([]).Missing(backup));
    }

    [Fact]
    public void A_partial_segment_does_not_stand_for_a_whole_one()
    {
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        Assert.True(WalFileName.TryParse(Segment(4) + ".partial", out var partial));
        var wal = new WalContinuity(
            Size, [Entry(WalFileName.Of(Segment(3))), Entry(partial)], new Dictionary<uint, TimelineHistory>());
        Assert.Equal([Segment(4)], wal.Missing(backup));
    }

    [Fact]
    public void An_empty_object_does_not_stand_for_a_segment()
    {
        var wal = new WalContinuity(
            Size,
            [Entry(WalFileName.Of(Segment(3))), Entry(WalFileName.Of(Segment(4))) with { StoredBytes = 0 }],
            new Dictionary<uint, TimelineHistory>());
        Assert.Equal([Segment(4)], wal.Missing(TestBackups.Needing(Segment(3), Segment(4), Size)));
    }

    [Fact]
    public void Recovery_goes_up_to_the_first_gap_and_its_age_is_that_of_the_last_segment_before()
    {
        var wal = Of(Segments(1, 3, 4, 5, 7));
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var reach = wal.ReachFrom(backup);
        Assert.Equal(Segment(6).Start(Size), reach.End);
        Assert.Equal(Segment(6), reach.Next);
        Assert.True(reach.LaterExists);
        var point = wal.FindRecoveryPoint([backup], Start.AddMinutes(30))!;
        Assert.Equal(Segment(5), point.LastSegment);
        Assert.Equal(TimeSpan.FromMinutes(25), point.Age);
        Assert.False(Of(Segments(1, 3, 4, 5)).ReachFrom(backup).LaterExists);
    }

    [Fact]
    public void A_segment_that_was_streamed_in_part_leads_on_where_the_WAL_ends_and_not_over_a_gap()
    {
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var open = new UnfinishedSegment(
            Segment(6), new Lsn(Segment(6).Start(Size).Value + 500), Start.AddMinutes(7));

        var reach = With(open, 3, 4, 5).ReachFrom(backup);
        Assert.Equal(open.End, reach.End);
        Assert.Equal(Segment(5), reach.LastSegment);
        Assert.Equal(open, reach.Unfinished);
        Assert.False(reach.LaterExists);
        var point = With(open, 3, 4, 5).FindRecoveryPoint([backup], Start.AddMinutes(30))!;
        Assert.Equal(open.End, point.Lsn);
        Assert.Equal(TimeSpan.FromMinutes(23), point.Age);

        Assert.Null(With(open, 3, 4).ReachFrom(backup).Unfinished);
        Assert.Null(With(open, 3, 4, 5, 7).ReachFrom(backup).Unfinished);
        Assert.Equal([Segment(4)], With(open with { Segment = Segment(4) }, 3).Missing(backup));

        static WalContinuity With(UnfinishedSegment open, params uint[] numbers) =>
            new(
                Size, Segments(1, numbers).Select(segment => Entry(WalFileName.Of(segment))),
                new Dictionary<uint, TimelineHistory>(), [open]);
    }

    [Theory]
    [InlineData(0, 0, 2)]
    [InlineData(8, 8, 2)]
    [InlineData(500, 500, 2)]
    [InlineData(508, 500, 1)] // nothing of timeline 2 is reached, and recovery ends on the older one
    public void What_was_streamed_of_a_timeline_that_was_left_leads_up_to_the_fork_as_wal_get_gives_it(
        int fork, int end, uint timeline)
    {
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var start = Segment(6).Start(Size).Value;
        var open = new UnfinishedSegment(Segment(6), new Lsn(start + 500), Start.AddMinutes(7));
        var wal = new WalContinuity(
            Size, Segments(1, 3, 4, 5).Select(segment => Entry(WalFileName.Of(segment))),
            new Dictionary<uint, TimelineHistory> { [2] = History(2, (1, new Lsn(start + (ulong)fork))) }, [open]);

        var latest = wal.ReachFrom(backup);
        Assert.Equal((timeline, new Lsn(start + (ulong)end)), (latest.Timeline, latest.End));
        Assert.Equal(end > 0 ? open with { End = latest.End } : null, latest.Unfinished);
        Assert.Equal(open, wal.ReachFrom(backup, timeline: 1).Unfinished);
    }

    [Fact]
    public void Where_nothing_of_a_new_timeline_arrived_recovery_ends_on_the_older_one()
    {
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var fork = new Lsn(Segment(6).Start(Size).Value + 8);
        var reach = Of(Segments(1, 3, 4, 5), History(2, (1, fork))).ReachFrom(backup);
        Assert.Equal((1u, Segment(6).Start(Size), Segment(6, 2)), (reach.Timeline, reach.End, reach.Next));
    }

    [Fact]
    public void What_was_streamed_of_the_child_leads_farther_than_the_parents_whole_segment()
    {
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var start = Segment(6).Start(Size).Value;
        var open = new UnfinishedSegment(Segment(6, 2), new Lsn(start + 500), Start.AddMinutes(7));
        var wal = new WalContinuity(
            Size, Segments(1, 3, 4, 5, 6, 7).Select(segment => Entry(WalFileName.Of(segment))),
            new Dictionary<uint, TimelineHistory> { [2] = History(2, (1, new Lsn(start + 8))) }, [open]);

        var reach = wal.ReachFrom(backup);
        Assert.Equal((2u, open.End, open), (reach.Timeline, reach.End, reach.Unfinished));
        Assert.Equal(Segment(5), reach.LastSegment);
    }

    [Theory]
    [InlineData(true, 800)]
    [InlineData(false, 700)]
    public void The_parents_copy_leads_farther_than_what_was_streamed_of_the_child_before_it_began(bool whole, int end)
    {
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var start = Segment(6).Start(Size).Value;
        UnfinishedSegment[] open =
        [
            new(Segment(6, 2), new Lsn(start + 500), Start.AddMinutes(7)),
            new(Segment(6), new Lsn(start + 700), Start.AddMinutes(7)),
        ];
        var wal = new WalContinuity(
            Size, Segments(1, [3, 4, 5, .. whole ? [6u] : Array.Empty<uint>()]).Select(s => Entry(WalFileName.Of(s))),
            new Dictionary<uint, TimelineHistory> { [2] = History(2, (1, new Lsn(start + 800))) }, open);
        Assert.Equal(new Lsn(start + (ulong)end), wal.ReachFrom(backup).End);
    }

    [Fact]
    public void Recovery_follows_a_promotion_through_the_segment_where_it_happened()
    {
        var fork = new Lsn(Segment(5).Start(Size).Value + 0x1234);
        var history = History(2, (1, fork));
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);

        // Timeline 1 went on for a while on the lost server: that is another future.
        var wal = Of([.. Segments(1, 3, 4, 5, 6, 7, 8), .. Segments(2, 5, 6)], history);
        Assert.Equal([1u, 2u], wal.TimelinesFrom(backup));
        Assert.Equal((2u, Segment(7).Start(Size)), (wal.ReachFrom(backup).Timeline, wal.ReachFrom(backup).End));
        Assert.Equal(Segment(9).Start(Size), wal.ReachFrom(backup, 1).End);
        Assert.Empty(wal.Gaps);
        Assert.Empty(wal.MissingHistories);
    }

    [Fact]
    public void Without_the_childs_first_segment_the_parents_copy_leads_up_to_the_fork_and_no_further()
    {
        var fork = new Lsn(Segment(5).Start(Size).Value + 0x1234);
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        var reach = Of([.. Segments(1, 3, 4, 5), .. Segments(2, 6)], History(2, (1, fork))).ReachFrom(backup);
        Assert.Equal((2u, fork, Segment(5)), (reach.Timeline, reach.End, reach.LastSegment));
        Assert.Equal(Segment(5, 2), reach.Next);
        Assert.True(reach.LaterExists);
    }

    [Fact]
    public void A_timeline_that_forked_before_the_backup_ended_is_not_for_it()
    {
        var backup = TestBackups.Needing(Segment(3), Segment(5), Size);
        var early = History(2, (1, new Lsn(backup.StopLsn.Value - 1)));
        var wal = Of([.. Segments(1, 3, 4, 5, 6), .. Segments(2, 5, 6, 7)], early);
        Assert.Equal([1u], wal.TimelinesFrom(backup));
        Assert.Equal(Segment(7).Start(Size), wal.ReachFrom(backup).End);
        Assert.Throws<ArgumentException>(() => wal.ReachFrom(backup, 2));
    }

    [Fact]
    public void A_missing_history_is_named()
    {
        var third = History(3, (1, Segment(5).Start(Size)), (2, Segment(6).Start(Size)));
        Assert.Equal([2u], Of([.. Segments(1, 3), .. Segments(2, 5), .. Segments(3, 6)], third).MissingHistories);
        Assert.Equal([2u], Of([.. Segments(1, 3), .. Segments(3, 6)], third).MissingHistories);
        Assert.Equal([4u], Of(Segments(4, 9)).MissingHistories);
    }

    [Fact]
    public async Task A_timeline_of_which_there_are_only_pieces_needs_its_history_too()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4);
        await scene.ArchiveAsync();
        await new WalPieces(scene.Local).PutAsync(
            new WalPieceName(Segment(5, 2), 0, 100), () => new MemoryStream(new byte[100]), WalScene.Token);
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);

        var wal = await WalContinuity.ReadAsync(scene.LocalArchive, WalScene.Token);

        Assert.Equal([2u], wal.MissingHistories);
        Assert.Equal(2u, Assert.Single(WalGapPlanner.Find(wal, [backup], [backup])).HistoryOf);
    }

    [Fact]
    public async Task Names_and_histories_are_read_from_a_repository()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3, 4, 5);
        scene.SpoolText("00000002.history", "1\t0/500028\tno recovery target specified\n");
        await scene.ArchiveAsync();
        var wal = await WalContinuity.ReadAsync(scene.LocalArchive, WalScene.Token);
        var backup = TestBackups.Needing(Segment(3), Segment(4), Size);
        Assert.Equal(new Lsn(0x500028), wal.ReachFrom(backup).End);
        Assert.Equal([1u, 2u], wal.TimelinesFrom(backup));
    }

    /// <summary>
    /// The model: three timelines, each forking from the one before at any byte; a byte can be recovered if every byte
    /// from the backup on can be read, each from the file of the timeline that owns the segment's end, or up to a fork
    /// from the parent's.
    /// </summary>
    [Fact]
    public void Reach_is_what_a_walk_over_every_byte_finds() =>
        Gen.Select(
            Gen.UInt[0, 11].HashSet[0, 12], Gen.UInt[0, 11].HashSet[0, 12], Gen.UInt[0, 11].HashSet[0, 12],
            Gen.UInt[0, 95], Gen.UInt[0, 95], Gen.UInt[0, 6]).Sample((one, two, three, fork2, forkDelta, first) =>
        {
            // Places are counted in eighths of a segment.
            var fork3 = Math.Min(fork2 + (forkDelta / 4), 95);
            HashSet<uint>[] there = [one, two, three];
            Lsn At(uint eighth) => new((ulong)eighth * (ulong)Size.Bytes / 8);
            var histories = new[] { History(2, (1, At(fork2))), History(3, (1, At(fork2)), (2, At(fork3))) };
            var wal = Of(
                [.. Segments(1, [.. one]), .. Segments(2, [.. two]), .. Segments(3, [.. three])], histories);
            var backup = TestBackups.Needing(Segment(first), Segment(first), Size) with { StopLsn = Lsn.None };

            uint OwnerOf(uint eighth) => eighth < fork2 ? 1u : eighth < fork3 ? 2u : 3u;
            var reached = first * 8;
            for (; reached < 12 * 8; reached++)
            {
                // A file of a younger timeline holds its ancestors' bytes of the segment in which it began.
                var segment = reached / 8;
                var lastOwner = OwnerOf((segment * 8) + 7);
                if (there[lastOwner - 1].Contains(segment))
                    continue;
                var youngest = Enumerable.Range((int)OwnerOf(segment * 8), (int)(lastOwner - OwnerOf(segment * 8)))
                    .Where(t => there[t - 1].Contains(segment)).DefaultIfEmpty(0).Max();
                if (youngest == 0 || OwnerOf(reached) > youngest)
                    break;
            }

            Assert.Equal(At(reached), wal.ReachFrom(backup, 3).End);
        });

    [Fact]
    public void Ranges_and_gaps_together_are_every_segment_from_first_to_last() =>
        Gen.UInt[0, 200].HashSet[1, 60].Sample(numbers =>
        {
            var wal = Of(Segments(1, [.. numbers]));
            var ranges = wal.Ranges.SelectMany(r => WalSegmentName.Range(r.First, r.Last, Size)).ToHashSet();
            Assert.Equal(Segments(1, [.. numbers]).ToHashSet(), ranges);
            var gaps = wal.Gaps.SelectMany(r => WalSegmentName.Range(r.First, r.Last, Size)).ToList();
            Assert.DoesNotContain(gaps, ranges.Contains);
            Assert.Equal(numbers.Max() - numbers.Min() + 1, (uint)(ranges.Count + gaps.Count));
            Assert.Equal(wal.Gaps.Count, wal.Ranges.Count - 1);
        });

    private static WalSegmentName Segment(uint number, uint timeline = 1) => WalScene.Segment(number, timeline);

    private static WalSegmentName[] Segments(uint timeline, params uint[] numbers) =>
        [.. numbers.Select(n => Segment(n, timeline))];

    // A segment arrives in the minute of its number.
    private static WalArchiveEntry Entry(WalFileName name) =>
        new(name, 100, Start.AddMinutes(name.Segment.Number(Size)));

    private static TimelineHistory History(uint timeline, params (uint Parent, Lsn SwitchPoint)[] forks) =>
        TimelineHistory.Parse(timeline, string.Concat(forks.Select(f => $"{f.Parent}\t{f.SwitchPoint}\tpromoted\n")));

    private static WalContinuity Of(IEnumerable<WalSegmentName> segments, params TimelineHistory[] histories) =>
        new(Size, segments.Reverse().Select(s => Entry(WalFileName.Of(s))), histories.ToDictionary(h => h.Timeline));
}
