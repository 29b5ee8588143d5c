using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
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

    [Fact]
    public async Task A_timer_with_a_token_that_is_cancelled_already_counts_as_a_call_and_ends_cancelled()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Work = (_, _) => throw new IOException("away");
        var id = -1;
        host.Script.Main = async context =>
        {
            var timer = context.CreateTimer(TimeSpan.FromDays(1), new CancellationToken(canceled: true));
            await Assert.ThrowsAsync<TaskCanceledException>(() => timer);
            var failed = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Work"));
            id = failed.TaskId;
            return null;
        };

        await host.RunMainAsync();

        Assert.Equal(1, id);
    }

    [Fact]
    public async Task A_token_from_outside_neither_keeps_a_run_alive_nor_reaches_into_it_afterwards()
    {
        await using var host = await TestHost.StartNewAsync();
        using var outside = new CancellationTokenSource();
        var runs = new List<WeakReference>();
        host.Script.Main = async context =>
        {
            runs.Add(new WeakReference(context));
            _ = context.CreateTimer(TimeSpan.FromDays(1), outside.Token);
            _ = context.WaitForExternalEvent<string>("never", outside.Token);
            return await context.WaitForExternalEvent<string>("go");
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => runs.Count == 1);
        await host.Client.RaiseEventAsync(id, "other", TestContext.Current.CancellationToken);
        await TestHost.UntilAsync(() => runs.Count == 2);

        await TestHost.UntilAsync(() =>
        {
            GC.Collect();
            return !runs[0].IsAlive;
        });
        await outside.CancelAsync();
        await host.Client.RaiseEventAsync(id, "go", "on", TestContext.Current.CancellationToken);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.EndOfAsync(id)).RuntimeStatus);
    }
}
