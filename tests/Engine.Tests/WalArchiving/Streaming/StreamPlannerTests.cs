using Highwater.Engine.Postgres;
using Highwater.Engine.WalArchiving.Streaming;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class StreamPlannerTests
{
    private static readonly StreamPlanner Planner = new(WalScene.Size, TimelineHistory.WithoutFile(1));

    [Theory]
    [InlineData(null, 8)]
    [InlineData(3u, 4)] // The stream can still bring what archive_command did not.
    [InlineData(4u, 4)]
    [InlineData(5u, 6)]
    [InlineData(7u, 8)]
    [InlineData(8u, 8)]
    [InlineData(9u, 8)] // It is for the server to say whether it has that.
    public void Streaming_begins_at_the_first_hole_that_the_slot_keeps(uint? kept, uint begins)
    {
        var files = new uint[] { 1, 3, 5, 7 }.Select(number => WalFileName.Of(WalScene.Segment(number)));
        Lsn? within = kept is { } number ? new Lsn(WalScene.Segment(number).Start(WalScene.Size).Value + 40) : null;
        Assert.Equal(WalScene.Segment(begins).Start(WalScene.Size), Planner.FindStart(files, within));
    }

    [Fact]
    public void Where_nothing_is_there_the_slot_says_where_to_begin() =>
        Assert.Null(Planner.FindStart([], new Lsn(40)));
}
