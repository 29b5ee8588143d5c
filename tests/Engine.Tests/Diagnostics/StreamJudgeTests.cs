using Highwater.Engine.Diagnostics;
using Highwater.Engine.Postgres;
using Highwater.Engine.Tests.Diagnostics.Checks;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Tests.Diagnostics;

public sealed class StreamJudgeTests
{
    private static readonly ReplicationSlot Slot =
        new("highwater", true, 4711, new Lsn(0x1000), "reserved", new Lsn(0x1000 + 500));

    [Fact]
    public void A_slot_that_is_streamed_through_and_kept_up_is_well()
    {
        var line = Assert.Single(Judge(Slot));

        Assert.Equal(StatusLevel.Ok, line.Level);
        Assert.Contains("acknowledged up to 0/1000", line.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_000, StatusLevel.Ok)]
    [InlineData(1_001, StatusLevel.Warn)]
    [InlineData(2_000, StatusLevel.Warn)]
    [InlineData(2_001, StatusLevel.Fail)]
    public void What_the_server_keeps_is_compared_with_the_settings(ulong lag, StatusLevel level) =>
        Assert.Equal(level, Judge(Slot with { CurrentLsn = new Lsn(0x1000 + lag) })[0].Level);

    [Fact]
    public void Without_a_limit_nothing_is_too_much() => Assert.Equal(
        StatusLevel.Warn,
        StreamJudge.Judge(new StreamStatus("highwater", Slot with { CurrentLsn = new Lsn(1UL << 40) }, 1_000, 0))
            .First().Level);

    [Fact]
    public void No_slot_a_lost_one_and_a_logical_one_fail_with_what_to_do()
    {
        ReplicationSlot?[] useless =
            [null, Slot with { WalStatus = "lost", RestartLsn = null }, Slot with { IsPhysical = false }];

        Assert.All(useless, slot =>
        {
            var line = Assert.Single(Judge(slot));
            Assert.Equal(StatusLevel.Fail, line.Level);
            Assert.NotNull(line.Remedy);
        });
    }

    [Fact]
    public void A_slot_that_nobody_streams_through_is_warned_of() =>
        Assert.Equal(StatusLevel.Warn, Judge(Slot with { ActivePid = null })[1].Level);

    [Theory]
    [InlineData(false, 1, 60, true)] // nobody streams, and something is not here
    [InlineData(false, 0, 60, false)] // an idle server
    [InlineData(false, 1, 1, false)] // a short while
    [InlineData(true, 1, 60, false)] // was idle, and has just written something
    [InlineData(true, 1 << 30, 60, true)] // a session that brings nothing
    public void WAL_that_does_not_arrive_fails_once_patience_is_at_an_end(
        bool isActive, long missing, int minutes, bool fails)
    {
        var point = new RecoveryPoint(
            1, new Lsn(8 << 24), CheckScene.Segment, CheckScene.Now, TimeSpan.FromMinutes(minutes));
        var server = CheckScene.Healthy.Archiving! with
        {
            CurrentLsn = new Lsn(point.Lsn.Value + (ulong)missing),
            Stream = new StreamStatus("highwater", Slot with { ActivePid = isActive ? 4711 : null }, 1L << 40, 0),
        };

        var lines = StreamJudge.OfStandstill(server, "local", point, CheckScene.Pace);

        if (fails)
            Assert.Equal(StatusLevel.Fail, Assert.Single(lines).Level);
        else
            Assert.Empty(lines);

        // What stands behind a gap has arrived.
        var beyond = server with { NewestArrived = CheckScene.Segment.Next(CheckScene.Server.WalSegmentSize) };
        Assert.Empty(StreamJudge.OfStandstill(beyond, "local", point, CheckScene.Pace));
    }

    private static IReadOnlyList<StatusLine> Judge(ReplicationSlot? slot) =>
        [.. StreamJudge.Judge(new StreamStatus("highwater", slot, 1_000, 2_000))];
}
