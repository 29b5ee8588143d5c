using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class ExternalEventTests
{
    [Fact]
    public async Task Events_raised_before_they_are_awaited_are_kept_in_order_whatever_their_case()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            await context.WaitForExternalEvent<string>("start");
            var first = await context.WaitForExternalEvent<string>("word");
            return first + await context.WaitForExternalEvent<string>("Word");
        };
        var id = await host.StartMainAsync();
        var cancellation = TestContext.Current.CancellationToken;

        await host.Client.RaiseEventAsync(id, "WORD", "a", cancellation);
        await host.Client.RaiseEventAsync(id, "word", "b", cancellation);
        await host.Client.RaiseEventAsync(id, "Start", null, cancellation);

        Assert.Equal("ab", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Waiting_with_a_timeout_ends_cancelled_when_nothing_comes()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        host.Script.Main = async context =>
        {
            var never = context.WaitForExternalEvent<string>("never", TimeSpan.FromMinutes(1), CancellationToken.None);
            await Assert.ThrowsAsync<TaskCanceledException>(() => never);
            return "timed out";
        };

        var ended = host.EndOfAsync(await host.StartMainAsync());
        await TestHost.AdvanceUntilAsync(time, () => ended.IsCompleted);

        Assert.Equal("timed out", (await ended).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Waiting_with_a_timeout_gives_the_event_that_comes_in_time()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
            await context.WaitForExternalEvent<int>("n", TimeSpan.FromHours(1), CancellationToken.None);
        var id = await host.StartMainAsync();

        await host.Client.RaiseEventAsync(id, "n", 7, TestContext.Current.CancellationToken);

        Assert.Equal(7, (await host.EndOfAsync(id)).ReadOutputAs<int>());
    }

    [Fact]
    public async Task Of_two_that_wait_for_one_name_the_newest_gets_the_event_unless_it_gave_up()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            using var giveUp = new CancellationTokenSource();
            var first = context.WaitForExternalEvent<string>("word");
            var second = context.WaitForExternalEvent<string>("word");
            var third = context.WaitForExternalEvent<string>("word", giveUp.Token);
            giveUp.Cancel();
            return $"{await second} {await first} {third.IsCanceled}";
        };
        var id = await host.StartMainAsync();

        await host.Client.RaiseEventAsync(id, "word", "a", TestContext.Current.CancellationToken);
        await host.Client.RaiseEventAsync(id, "word", "b", TestContext.Current.CancellationToken);

        Assert.Equal("a b True", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task What_came_while_it_was_suspended_is_seen_in_the_order_it_came_timers_as_well()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        host.Script.Main = async context =>
        {
            var inTime = context.WaitForExternalEvent<string>("word", TimeSpan.FromMinutes(5));
            await Assert.ThrowsAsync<TaskCanceledException>(() => inTime);
            return await context.WaitForExternalEvent<string>("word");
        };
        var id = await host.StartMainAsync();
        var cancellation = TestContext.Current.CancellationToken;
        await host.Client.WaitForInstanceStartAsync(id, cancellation);

        await host.Client.SuspendInstanceAsync(id, cancellation);
        time.Advance(TimeSpan.FromMinutes(6));
        await host.Client.RaiseEventAsync(id, "word", "late", cancellation);
        await host.Client.ResumeInstanceAsync(id, cancellation);

        Assert.Equal("late", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task One_orchestration_sends_an_event_to_another()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context => await context.WaitForExternalEvent<string>("hello");
        host.Script.Sub = context =>
        {
            context.SendEvent(context.GetInput<string>()!, "hello", "from sub");
            return Task.FromResult<object?>(null);
        };
        var id = await host.StartMainAsync();

        await host.Client.ScheduleNewOrchestrationInstanceAsync("Sub", id, TestContext.Current.CancellationToken);

        Assert.Equal("from sub", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }
}
