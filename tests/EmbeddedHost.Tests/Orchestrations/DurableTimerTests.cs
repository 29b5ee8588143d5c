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
        var set = false;
        host.Script.Main = async context =>
        {
            var from = context.CurrentUtcDateTime;
            set = true;
            await context.CreateTimer(TimeSpan.FromMinutes(5), CancellationToken.None);
            return (context.CurrentUtcDateTime - from).TotalSeconds;
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => set);

        await host.RestartAsync();
        var ended = host.EndOfAsync(id);
        await TestHost.AdvanceUntilAsync(time, () => ended.IsCompleted);

        Assert.InRange((await ended).ReadOutputAs<double>(), 300, 301);
    }

    [Fact]
    public async Task A_timer_that_became_due_while_the_host_was_down_fires_at_its_start()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        var set = false;
        host.Script.Main = async context =>
        {
            set = true;
            await context.CreateTimer(TimeSpan.FromDays(3), CancellationToken.None);
            return "woke";
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => set);
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
