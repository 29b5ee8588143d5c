using System.Net;
using Highwater.EmbeddedHost.Hosting;
using Highwater.EmbeddedHost.State;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Tests.Http;

public class HealthTests
{
    [Fact]
    public async Task A_running_host_is_live_and_ready()
    {
        await using var host = await HttpHost.StartAsync();

        using var live = await host.GetAsync("/health/live");
        using var ready = await host.GetAsync("/health/ready");

        Assert.Equal("""{"status":"live"}""", (await HttpHost.JsonAsync(live)).ToJsonString());
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("""{"status":"ready"}""", (await HttpHost.JsonAsync(ready)).ToJsonString());
        Assert.True(ready.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task A_host_that_is_stopping_is_live_and_not_ready()
    {
        await using var host = await HttpHost.StartAsync();
        await host.Host.Host.Services.GetRequiredService<DurableEngine>()
            .StopAsync(CancellationToken.None);

        await AssertNotReadyAsync(host, "the host is stopping");
    }

    [Fact]
    public async Task A_host_whose_database_fails_is_live_and_not_ready()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Host.Services.GetRequiredService<StateDatabase>().Dispose();

        await AssertNotReadyAsync(host, "the state database fails; the log says why");
    }

    [Fact]
    public async Task A_host_with_a_worker_that_failed_is_live_and_not_ready()
    {
        await using var host = await HttpHost.StartAsync();
        var engine = host.Host.Host.Services.GetRequiredService<DurableEngine>();
        engine.Loop(_ => throw new InvalidDataException("damaged"));
        await TestHost.UntilAsync(() => engine.FailedWorkers > 0);

        await AssertNotReadyAsync(host, "a worker of the host failed and begins again in a moment; the log says why");
    }

    private static async Task AssertNotReadyAsync(HttpHost host, string reason)
    {
        using var live = await host.GetAsync("/health/live");
        using var ready = await host.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(reason, (await HttpHost.JsonAsync(ready))["reason"]!.GetValue<string>());
    }
}
