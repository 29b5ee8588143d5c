using Highwater.EmbeddedHost;
using Highwater.FunctionApp.WalSync;

namespace Highwater.FunctionApp.Tests;

public sealed class StateDirectoryTests
{
    [Fact]
    public async Task A_second_host_on_the_same_state_directory_is_refused_and_the_first_goes_on()
    {
        await using var app = new AppHost();
        await app.StartAsync();
        await using var second = app.Create();

        await Assert.ThrowsAsync<StateDirectoryLockedException>(
            () => second.StartAsync(TestContext.Current.CancellationToken));

        Assert.True(await SingletonOrchestration.TryStartAsync(
            app.Client, WalSyncOrchestration.Name, TestContext.Current.CancellationToken));
    }
}
