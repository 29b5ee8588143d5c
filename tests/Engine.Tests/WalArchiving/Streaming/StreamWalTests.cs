using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
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

    [Fact]
    public async Task What_is_spoilt_on_this_side_is_streamed_again_and_nothing_is_put_aside()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.WriteAsync(1_000);
        await scene.TickAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var session = scene.Streamer().RunAsync(
            scene.Local, [scene.RemoteSource], StreamLimit.For(TimeSpan.FromMinutes(5)), stop.Token);
        await scene.WriteSegmentsAsync(1);
        await AcknowledgedAsync(scene);
        await scene.WriteAsync(100_000);
        await AcknowledgedAsync(scene);
        var spoilt = WalSegmentName.Containing(1, await scene.FlushedAsync(), StreamScene.Size);

        await using (var work = new FileStream(
            Assert.Single(Directory.GetFiles(scene.Options.WorkFolder)), FileMode.Open, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete))
        {
            work.Position = 60_000;
            var sent = work.ReadByte();
            work.Position = 60_000;
            work.WriteByte((byte)(sent ^ 1));
        }

        await scene.WriteSegmentsAsync(2);
        await AcknowledgedAsync(scene);

        Assert.Contains(spoilt, await scene.AssertSameAsServerAsync(scene.LocalArchive));
        Assert.False(Directory.Exists(scene.SpoolPath));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
    }

    [Theory]
    [InlineData(WalAcknowledgement.Local)]
    [InlineData(WalAcknowledgement.All)]
    public async Task What_the_server_itself_has_spoilt_is_put_aside_once_and_later_segments_go_on(
        WalAcknowledgement acknowledge)
    {
        await using var scene = await StreamScene.StartAsync();
        scene.Options = scene.Options with { Acknowledge = acknowledge };
        await scene.TickAsync();
        await scene.WriteSegmentsAsync(1);
        await scene.TickAsync();
        var spoilt = WalSegmentName.Containing(1, await scene.FlushedAsync(), StreamScene.Size);
        await scene.WriteAsync(400_000);
        await scene.Server.ExecuteAsync("SELECT pg_switch_wal()", Token);
        var path = Path.Combine(scene.Server.DataDirectory, "pg_wal", spoilt.ToString());
        var bytes = await File.ReadAllBytesAsync(path, Token);
        bytes[200_000] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Token);

        var streamed = await scene.TickAsync();

        var fault = Assert.Single(streamed.Faults);
        Assert.Equal(ErrorCodes.WalInvalid.Code, fault.Code);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(fault.MovedTo!, Token));
        Assert.True(streamed.Acknowledged >= spoilt.End(StreamScene.Size), "The server keeps what nobody wants.");
        Assert.Empty((await new WalPieces(scene.Remote).ReadChainAsync(spoilt, Token)).Pieces);

        // Nothing is behind it yet: it is not asked for again.
        Assert.Empty((await scene.TickAsync()).Faults);
        await scene.WriteSegmentsAsync(1);
        Assert.Empty((await scene.TickAsync()).Faults);
        Assert.Single(Directory.GetFiles(Path.Combine(scene.SpoolPath, "quarantine")));
        Assert.NotNull(await scene.LocalArchive.StatAsync(
            WalFileName.Of(spoilt.Next(StreamScene.Size)), Token));
    }

    private static async Task AcknowledgedAsync(StreamScene scene)
    {
        var flushed = await scene.FlushedAsync();
        await StreamScene.UntilAsync(
            scene.Server, "it is acknowledged", async () => (await scene.SlotAsync())?.RestartLsn >= flushed);
    }
}
