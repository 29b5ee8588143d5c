using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class TimelineHistoryTests
{
    [Fact]
    public void Ancestors_are_read_oldest_first_and_comments_passed_over()
    {
        var history = TimelineHistory.Parse(
            5, "# a comment\n\n1\t0/3000148\tno recovery target specified\n3\t1/A0\tbefore 2026-11-22 10:00:00+00\n");
        Assert.Equal(
            [new TimelineFork(1, new Lsn(0x3000148)), new TimelineFork(3, new Lsn(0x1_0000_00A0))], history.Forks);
        Assert.Equal(1u, history.TimelineAt(new Lsn(0x3000147)));
        Assert.Equal(3u, history.TimelineAt(new Lsn(0x3000148)));
        Assert.Equal(5u, history.TimelineAt(new Lsn(0x1_0000_00A0)));
    }

    [Fact]
    public void A_timeline_that_was_aimed_at_and_not_reached_has_no_part_in_it()
    {
        // As PostgreSQL 15 wrote it after a restore to 0/3015FF0 with recovery_target_timeline = 2.
        var history = TimelineHistory.Parse(
            3, "1\t0/40000D0\tafter LSN 0/4000090\n\n\n2\t0/3016048\tafter LSN 0/3015FF0\n\n");
        var left = new Lsn(0x3016048);
        Assert.Equal([new TimelineFork(1, left), new TimelineFork(2, left)], history.Forks);
        Assert.Equal(1u, history.TimelineAt(new Lsn(0x3016047)));
        Assert.Equal(3u, history.TimelineAt(left));
        Assert.Equal(left, history.LeftAt(1));
    }

    [Theory]
    [InlineData(1u, 3, 1 << 20)] // its timeline was left after it
    [InlineData(1u, 4, 0x8010)]
    [InlineData(1u, 5, 0)]
    [InlineData(2u, 5, 1 << 20)] // at its end
    [InlineData(2u, 6, 0)] // at its start
    [InlineData(3u, 9, 1 << 20)] // a sister
    [InlineData(4u, 9, 1 << 20)]
    public void Of_a_segment_what_lies_before_the_fork_is_part_of_the_history(uint timeline, uint number, long bytes)
    {
        var size = new WalSegmentSize(1 << 20);
        var history = TimelineHistory.Parse(4, "1\t0/408010\tpromoted\n2\t0/600000\tpromoted\n");
        Assert.Equal(bytes, history.PartOf(WalSegmentName.FromNumber(timeline, number, size), size));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing else\n")]
    [InlineData("1 and a half\n")]
    [InlineData("1\n")]
    [InlineData("1\tsomewhere\treason\n")]
    [InlineData("99999999999\t0/1\treason\n")]
    [InlineData("3\t0/1\treason\n")]
    [InlineData("2\t0/2\treason\n1\t0/3\treason\n")]
    public void What_is_no_history_of_the_timeline_is_refused(string text) =>
        Assert.Throws<FormatException>(() => TimelineHistory.Parse(3, text));
}
