using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Hosting;

public sealed class StopTests
{
    private const int StopTimedOut = 7005;
    private const int ActivityInterrupted = 7112;

    [Fact]
    public async Task An_activity_that_ignores_the_stop_does_not_keep_the_host_and_runs_again_at_the_next_start()
    {
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { StopTimeout = TimeSpan.FromMilliseconds(300) });
        var runs = 0;
        var deaf = new TaskCompletionSource<string?>();
        host.Script.Work = (_, _) =>
            Interlocked.Increment(ref runs) == 1 ? deaf.Task : Task.FromResult<string?>("again");
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work");
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => runs == 1);

        await host.StopAsync();
        Assert.Equal(1, host.Log.CountOf(StopTimedOut));

        // The one that is left over ends after its host: nobody takes its result, and that is no error.
        deaf.SetResult("too late");
        await TestHost.UntilAsync(() => host.Log.CountOf(ActivityInterrupted) == 1);
        await host.StartAsync();
        Assert.Equal("again", (await host.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Empty(host.Log.Errors);
    }

    [Fact]
    public async Task An_open_request_does_not_keep_the_host()
    {
        await using var host = await TestHost.StartNewAsync(host => host.Options = host.Options with
        {
            StopTimeout = TimeSpan.FromMilliseconds(300),
            Urls = ["http://127.0.0.1:0"],
        });
        using var client = new HttpClient();
        var request = client.GetAsync(
            new Uri(host.Host.Urls[0] + "/api/hang"), TestContext.Current.CancellationToken);
        await TestHost.UntilAsync(() => host.Effects.Lines() is ["hanging"]);

        await host.StopAsync();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => request);
        await host.StartAsync();
    }
}
