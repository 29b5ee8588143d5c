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

    [Theory]
    [InlineData("")]
    [InlineData("# nothing else\n")]
    [InlineData("1 and a half\n")]
    [InlineData("1\n")]
    [InlineData("1\tsomewhere\treason\n")]
    [InlineData("99999999999\t0/1\treason\n")]
    [InlineData("3\t0/1\treason\n")]
    [InlineData("2\t0/2\treason\n1\t0/3\treason\n")]
    [InlineData("1\t0/3\treason\n2\t0/2\treason\n")]
    public void What_is_no_history_of_the_timeline_is_refused(string text) =>
        Assert.Throws<FormatException>(() => TimelineHistory.Parse(3, text));
}
