using Highwater.Engine.Postgres;
using Highwater.Engine.WalArchiving.Streaming;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class StreamWalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_run_brings_all_the_server_has_flushed_and_makes_the_slot_that_keeps_the_rest()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.WriteSegmentsAsync(3);

        var first = await scene.TickAsync();

        Assert.Empty(first.Faults);
        var slot = await scene.SlotAsync();
        Assert.Equal("reserved", slot!.WalStatus);
        var before = await scene.FlushedAsync();
        await scene.WriteSegmentsAsync(3);
        var flushed = await scene.FlushedAsync();

        var second = await scene.TickAsync();

        Assert.True(second.From <= before);
        Assert.True(second.Durable >= flushed);
        Assert.Equal(second.Durable, second.Acknowledged);
        Assert.Equal(3, second.Segments);
        var segments = await scene.AssertSameAsServerAsync(scene.LocalArchive);
        Assert.Equal(segments, await scene.AssertSameAsServerAsync(scene.RemoteArchive));
        Assert.Equal(WalSegmentName.Containing(1, second.From, StreamScene.Size), segments[^3]);
        foreach (var repository in new[] { scene.Local, scene.Remote })
        {
            var chain = await scene.AssertPiecesAsync(repository, 1, flushed);
            Assert.Equal(second.Durable, new Lsn(segments[^1].End(StreamScene.Size).Value + (ulong)chain.Length));
        }
    }
}
