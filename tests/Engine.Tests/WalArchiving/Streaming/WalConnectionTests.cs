using Highwater.Engine.WalArchiving.Streaming;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class WalConnectionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slot_that_another_run_makes_at_the_same_moment_is_the_slot()
    {
        await using var scene = await StreamScene.StartAsync();
        await using var first = await WalConnection.OpenAsync(scene.Server.Connection, scene.Options, Token);
        await using var second = await WalConnection.OpenAsync(scene.Server.Connection, scene.Options, Token);
        await first.CreateSlotAsync(Token);
        var slot = await scene.SlotAsync();

        await second.CreateSlotAsync(Token);

        Assert.NotNull(slot?.RestartLsn);
        Assert.Equal(slot.RestartLsn, (await scene.SlotAsync())?.RestartLsn);
        Assert.Equal(1u, (await second.IdentifyAsync(Token)).Timeline);
    }
}
