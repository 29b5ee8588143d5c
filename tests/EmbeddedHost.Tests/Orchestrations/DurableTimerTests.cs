using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class DurableTimerTests
{
    [Fact]
    public async Task A_timer_fires_to_the_second_after_a_restart()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        host.Script.Main = async context =>
        {
            await context.CreateTimer(TimeSpan.FromMinutes(5), CancellationToken.None);
            return "fired";
        };
        var id = await host.StartMainAsync();
        await host.Client.WaitForInstanceStartAsync(id, TestContext.Current.CancellationToken);

        await host.RestartAsync();
        time.Advance(TimeSpan.FromSeconds(299));
        await host.RunMainUnrelatedAsync();
        var before = await host.Client.GetInstanceAsync(id, TestContext.Current.CancellationToken);
        var ended = host.EndOfAsync(id);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(before!.IsRunning);
        Assert.Equal("fired", (await ended).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_timer_that_became_due_while_the_host_was_down_fires_at_its_start()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        host.Script.Main = async context =>
        {
            await context.CreateTimer(TimeSpan.FromDays(3), CancellationToken.None);
            return "woke";
        };
        var id = await host.StartMainAsync();
        await host.Client.WaitForInstanceStartAsync(id, TestContext.Current.CancellationToken);
        await host.StopAsync();

        time.Advance(TimeSpan.FromDays(4));
        await host.StartAsync();

        Assert.Equal("woke", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_cancelled_timer_ends_cancelled_and_nothing_waits_for_it()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            using var source = new CancellationTokenSource();
            var timer = context.CreateTimer(TimeSpan.FromDays(1), source.Token);
            source.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => timer);
            return "cancelled";
        };

        Assert.Equal("cancelled", (await host.RunMainAsync()).ReadOutputAs<string>());
    }
}
