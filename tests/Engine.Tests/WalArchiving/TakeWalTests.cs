using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Highwater.TestKit.Ssh;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class TakeWalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_server_is_away_the_spool_is_emptied_and_the_stream_is_a_fault_or_thrown()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(3);

        var taken = await Taker(scene, WalSource.Both).RunAsync(scene.Local, [], Token);

        Assert.Equal(1, taken.Files);
        Assert.Empty(scene.Spooled());
        Assert.Equal(ErrorCodes.PostgresUnreachable.Code, Assert.Single(taken.Faults).Code);
        scene.Spool(4);
        var thrown = await Assert.ThrowsAsync<TransientException>(
            () => Taker(scene, WalSource.Both).RunOrThrowAsync(scene.Local, Token));
        Assert.Equal(ErrorCodes.PostgresUnreachable, thrown.Code);
        Assert.Empty(scene.Spooled());
    }

    [Fact]
    public async Task Where_all_is_streamed_a_spool_is_not_looked_at()
    {
        await using var scene = await WalScene.CreateAsync();
        Directory.Delete(scene.SpoolPath);

        var taken = await Taker(scene, WalSource.Stream).RunAsync(scene.Local, [], Token);

        Assert.Equal(ErrorCodes.PostgresUnreachable.Code, Assert.Single(taken.Faults).Code);
        Assert.Empty((await Taker(scene, WalSource.Archive, spool: true).RunAsync(scene.Local, [], Token)).Faults);
    }

    private static TakeWal Taker(WalScene scene, WalSource source, bool spool = false)
    {
        if (spool)
            Directory.CreateDirectory(scene.SpoolPath);
        var nowhere = new PostgresOptions("127.0.0.1", FreePort.Find(), "postgres", "nobody", null);
        var wal = new WalOptions(scene.SpoolPath, Source: source);
        var stream = new StreamWal(
            nowhere, wal, WalStreamOptions.Default,
            new ReplicateWal(TimeProvider.System, NullLogger<ReplicateWal>.Instance), TimeProvider.System,
            NullLogger<StreamWal>.Instance);
        return new TakeWal(
            wal,
            new ArchiveSpooledWal(wal, NullLogger<ArchiveSpooledWal>.Instance),
            new CatchUpWal(nowhere, WalStreamOptions.Default, stream, TimeProvider.System));
    }
}
