using CsCheck;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class WalGapPlannerTests
{
    private static readonly WalSegmentSize Size = WalScene.Size;
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Unbroken_WAL_has_no_gap_and_what_is_older_than_every_base_backup_is_none()
    {
        Assert.Empty(Find(Of(Segments(1, 3, 4, 5)), Backup(0, 3)));
        Assert.Empty(Find(Of(Segments(1, 1, 3, 4, 5)), Backup(0, 3)));
        Assert.Empty(Find(Of(Segments(1, 1, 3))));
    }

    [Fact]
    public void A_gap_cuts_off_the_base_backups_before_it_and_stays_open_until_one_lies_beyond()
    {
        var wal = Of(Segments(1, 3, 4, 5, 8, 9, 10, 11));
        BackupRecord[] before = [Backup(0, 3), Backup(1, 4)];
        var open = Assert.Single(Find(wal, before));
        Assert.Equal(Range(6, 7), open.Segments);
        Assert.Equal(before.Select(backup => backup.Id), open.CutOff);
        Assert.True(open.IsOpen);
        Assert.Equal((Start.AddMinutes(8), Start.AddMinutes(5)), (open.Since, open.LastStoredBefore!.Value));

        var beyond = Backup(2, 9);
        var ended = Assert.Single(Find(wal, [.. before, beyond]));
        Assert.Equal((false, beyond.Id, beyond.FinishedAt), (ended.IsOpen, ended.EndedBy, ended.EndedAt));
        Assert.Equal(before.Select(backup => backup.Id), ended.CutOff);
    }

    [Fact]
    public void A_base_backup_beyond_it_that_cannot_be_restored_itself_does_not_end_a_gap()
    {
        var wal = Of(Segments(1, 3, 4, 7, 9, 10));
        BackupRecord[] backups = [Backup(0, 3), Backup(1, 7, 8)];
        var gaps = Find(wal, backups);
        Assert.Equal([Range(5, 6), Range(8, 8)], gaps.Select(gap => gap.Segments!.Value));
        Assert.All(gaps, gap => Assert.True(gap.IsOpen));
        Assert.Equal([backups[0].Id], gaps[0].CutOff);
        Assert.Equal(backups.Select(backup => backup.Id), gaps[1].CutOff);
    }

    [Fact]
    public void A_promotion_is_followed_and_only_what_its_path_needs_is_a_gap()
    {
        var fork = new Lsn(Segment(5).Start(Size).Value + 0x1234);
        var history = History(2, (1, fork));

        // The child's first segment is missing; the parent went on for a while on the lost server, with a hole.
        var wal = Of([.. Segments(1, 3, 4, 5, 8), .. Segments(2, 6, 7)], history);
        var gaps = Find(wal, Backup(0, 3));
        Assert.Equal(
            [new WalRange(Segment(5, 2), Segment(5, 2)), Range(6, 7)], gaps.Select(gap => gap.Segments!.Value));
        Assert.Equal([(true, true), (false, false)], gaps.Select(gap => (gap.IsOnLatestPath, gap.IsOpen)));
        Assert.Empty(Find(Of([.. Segments(1, 3, 4), .. Segments(2, 5, 6, 7)], history), Backup(0, 3)));
    }

    [Fact]
    public void A_base_backup_of_a_timeline_that_was_left_ends_no_gap_of_the_present_one()
    {
        var history = History(2, (1, Segment(5).Start(Size)));
        var wal = Of([.. Segments(1, 3, 4, 5, 6, 7), .. Segments(2, 5, 7, 8)], history);
        var gap = Assert.Single(Find(wal, Backup(0, 3), Backup(1, 6)));
        Assert.Equal((true, new WalRange(Segment(6, 2), Segment(6, 2))), (gap.IsOpen, gap.Segments!.Value));
        Assert.False(Assert.Single(Find(wal, Backup(0, 3), Backup(1, 7, timeline: 2))).IsOpen);
    }

    [Fact]
    public void A_missing_history_file_cuts_off_the_base_backups_of_older_timelines_until_one_of_the_new_is_there()
    {
        var wal = Of([.. Segments(1, 3, 4, 5), .. Segments(2, 5, 6, 7, 8)]);
        var old = Backup(0, 3);
        var gap = Assert.Single(Find(wal, old));
        Assert.Equal((2u, "00000002.history", true), (gap.HistoryOf!.Value, gap.What, gap.IsOpen));
        Assert.Equal([old.Id], gap.CutOff);
        Assert.Equal(Start.AddMinutes(5), gap.Since);

        var young = Backup(1, 7, timeline: 2);
        var ended = Assert.Single(Find(wal, old, young));
        Assert.Equal((false, young.Id), (ended.IsOpen, ended.EndedBy));
        Assert.Equal([old.Id], ended.CutOff);
        Assert.Empty(Find(wal, young));
    }

    /// <summary>
    /// The model: three timelines that fork at any byte, files there or not, and base backups on the first of them; it
    /// walks segment by segment along the path of each.
    /// </summary>
    [Fact]
    public void Gaps_are_what_a_walk_over_every_segment_of_every_path_finds_missing() =>
        Gen.Select(
            Gen.UInt[0, 15].HashSet[0, 16], Gen.UInt[0, 15].HashSet[0, 12], Gen.UInt[0, 15].HashSet[0, 12],
            Gen.UInt[0, 127], Gen.UInt[0, 127], Gen.UInt[0, 12].Array[0, 4])
        .Sample((one, two, three, fork2, d, firsts) =>
        {
            // Places are counted in eighths of a segment.
            var fork3 = Math.Min(fork2 + (d / 4), 127);
            HashSet<uint>[] there = [one, two, three];
            Lsn At(uint eighth) => new((ulong)eighth * (ulong)Size.Bytes / 8);
            var wal = Of(
                [.. Segments(1, [.. one]), .. Segments(2, [.. two]), .. Segments(3, [.. three])],
                History(2, (1, At(fork2))), History(3, (1, At(fork2)), (2, At(fork3))));
            BackupRecord[] backups = [.. firsts.Order().Select((first, day) => Backup(day, first))];
            var restorable = backups.Where(backup => wal.Missing(backup).Count == 0).ToList();

            var missing = new Dictionary<WalSegmentName, HashSet<BackupId>>();
            var open = new HashSet<WalSegmentName>();
            foreach (var backup in backups)
            {
                foreach (var timeline in wal.TimelinesFrom(backup))
                {
                    uint TimelineOf(uint segment) => timeline == 1 || (segment * 8) + 8 <= fork2 ? 1u
                        : timeline == 2 || (segment * 8) + 8 <= fork3 ? 2u : 3u;
                    bool Has(uint segment) => there[TimelineOf(segment) - 1].Contains(segment);
                    var last = Enumerable.Range(0, 16).Where(s => Has((uint)s)).DefaultIfEmpty(-1).Max();
                    for (var n = (uint)backup.FirstSegment.Number(Size); n < last; n++)
                    {
                        if (Has(n))
                            continue;
                        var name = Segment(n, TimelineOf(n));
                        missing.TryAdd(name, []);
                        missing[name].Add(backup.Id);
                        if (timeline == wal.TimelinesFrom(backup)[^1]
                            && !restorable.Any(r => r.Id.CompareTo(backup.Id) > 0
                                && r.FirstSegment.Number(Size) > n && wal.TimelinesFrom(r)[^1] >= timeline))
                            open.Add(name);
                    }
                }
            }

            // A gap is named by its ends: between them it is followed as recovery does.
            var gaps = WalGapPlanner.Find(wal, backups, restorable);
            var ends = gaps.SelectMany(gap => (WalSegmentName[])[gap.Segments!.Value.First, gap.Segments.Value.Last]);
            Assert.All(ends, end => Assert.True(missing.ContainsKey(end), $"{end} is not missing"));
            var numbers = gaps.SelectMany(gap => Numbers(gap.Segments!.Value)).ToHashSet();
            Assert.Equal(missing.Keys.Select(name => name.Number(Size)).ToHashSet(), numbers);
            Assert.All(gaps, gap => Assert.Equal(
                missing[gap.Segments!.Value.Last].Order(), gap.CutOff.Order()));
            Assert.All(gaps, gap => Assert.Equal(
                gap.IsOnLatestPath && open.Contains(gap.Segments!.Value.Last), gap.IsOpen));
        });

    private static IEnumerable<ulong> Numbers(WalRange range)
    {
        for (var number = range.First.Number(Size); number <= range.Last.Number(Size); number++)
            yield return number;
    }

    /// <summary>As <see cref="FindWalGap"/> sees them: restorable is what has its WAL.</summary>
    private static IReadOnlyList<WalGap> Find(WalContinuity wal, params BackupRecord[] backups) => WalGapPlanner.Find(
        wal, backups, [.. backups.Where(backup => wal.Missing(backup).Count == 0)]);

    private static BackupRecord Backup(int day, uint first, uint? last = null, uint timeline = 1)
    {
        var at = Start.AddDays(day);
        return TestBackups.Needing(Segment(first, timeline), Segment(last ?? first, timeline), Size) with
        {
            Id = BackupId.New(at, []), StartedAt = at, FinishedAt = at.AddMinutes(5),
        };
    }

    private static WalSegmentName Segment(uint number, uint timeline = 1) => WalScene.Segment(number, timeline);

    private static WalRange Range(uint first, uint last) => new(Segment(first), Segment(last));

    private static WalSegmentName[] Segments(uint timeline, params uint[] numbers) =>
        [.. numbers.Select(n => Segment(n, timeline))];

    // A segment arrives in the minute of its number.
    private static WalArchiveEntry Entry(WalFileName name) =>
        new(name, 100, Start.AddMinutes(name.Segment.Number(Size)));

    private static TimelineHistory History(uint timeline, params (uint Parent, Lsn SwitchPoint)[] forks) =>
        TimelineHistory.Parse(timeline, string.Concat(forks.Select(f => $"{f.Parent}\t{f.SwitchPoint}\tpromoted\n")));

    private static WalContinuity Of(IEnumerable<WalSegmentName> segments, params TimelineHistory[] histories) =>
        new(Size, segments.Select(s => Entry(WalFileName.Of(s))), histories.ToDictionary(h => h.Timeline));
}
