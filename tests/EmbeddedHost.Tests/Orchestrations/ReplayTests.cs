using Highwater.EmbeddedHost.Tests.Sample;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public partial class ReplayTests
{
    [Fact]
    public async Task Activities_run_in_turn_and_their_results_reach_the_output()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Work = (input, _) => Task.FromResult<string?>(input + "!");
        host.Script.Main = async context =>
            await context.CallActivityAsync<string>("Work", await context.CallActivityAsync<string>("work", "a"));

        var ended = await host.RunMainAsync();

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal("a!!", ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task Activities_started_together_run_at_the_same_time()
    {
        await using var host = await TestHost.StartNewAsync();
        using var together = new Barrier(3);
        host.Script.Work = (input, _) =>
        {
            Assert.True(together.SignalAndWait(TimeSpan.FromSeconds(20)));
            return Task.FromResult(input);
        };
        host.Script.Main = async context => await Task.WhenAll(
            Enumerable.Range(0, 3).Select(i => context.CallActivityAsync<string>("Work", i.ToString(null, null))));

        var ended = await host.RunMainAsync();

        Assert.Equal(["0", "1", "2"], ended.ReadOutputAs<string[]>()!);
    }

    [Fact]
    public async Task Code_runs_again_from_the_top_and_sees_the_same_times_and_ids()
    {
        await using var host = await TestHost.StartNewAsync();
        var seen = new List<(bool Replaying, DateTime Time, Guid Id)>();
        host.Script.Main = async context =>
        {
            seen.Add((context.IsReplaying, context.CurrentUtcDateTime, context.NewGuid()));
            await context.CallActivityAsync("Work");
            seen.Add((context.IsReplaying, context.CurrentUtcDateTime, context.NewGuid()));
            return null;
        };

        await host.RunMainAsync();

        Assert.Equal([false, true, false], seen.Select(entry => entry.Replaying));
        Assert.Equal(seen[0].Time, seen[1].Time);
        Assert.Equal(seen[0].Id, seen[1].Id);
        Assert.True(seen[2].Time >= seen[1].Time);
        Assert.NotEqual(seen[1].Id, seen[2].Id);
        Assert.Equal(DateTimeKind.Utc, seen[0].Time.Kind);
    }

    [Fact]
    public async Task A_replay_safe_logger_says_everything_once()
    {
        using var log = new LogLines();
        await using var host = await TestHost.StartNewAsync(
            host => host.Logging = logging => logging.AddProvider(log));
        var enabled = new List<bool>();
        host.Script.Main = async context =>
        {
            ILogger[] loggers =
            [
                context.CreateReplaySafeLogger("by name"),
                context.CreateReplaySafeLogger(GetType()),
                context.CreateReplaySafeLogger<ReplayTests>(),
                context.ReplaySafeLoggerFactory.CreateLogger("by factory"),
            ];
            enabled.Add(loggers[0].IsEnabled(LogLevel.Information));
            Array.ForEach(loggers, logger => LogWord(logger, "before"));
            await context.CallActivityAsync("Work");
            Array.ForEach(loggers, logger => LogWord(logger, "after"));
            return null;
        };

        await host.RunMainAsync();

        var categories = new[] { "by name", typeof(ReplayTests).FullName, typeof(ReplayTests).FullName, "by factory" };
        Assert.Equal(categories.Select(category => $"{category}: before"), log.Of("before"));
        Assert.Equal(categories.Select(category => $"{category}: after"), log.Of("after"));
        Assert.Equal([true, false], enabled);
    }

    [Fact]
    public async Task Input_binds_to_a_second_parameter_whatever_its_case()
    {
        await using var host = await TestHost.StartNewAsync();

        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "Order", new { name = "rope", items = 3 }, TestContext.Current.CancellationToken);
        var ended = await host.EndOfAsync(id);

        Assert.Equal($"rope x 3 for {id}", ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task The_custom_status_can_be_read_while_it_runs()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            context.SetCustomStatus(new { Percent = 50 });
            await context.WaitForExternalEvent<string>("go");
            return null;
        };
        var id = await host.StartMainAsync();

        await TestHost.UntilAsync(async () =>
            (await host.Client.GetInstanceAsync(id, true))!.SerializedCustomStatus == """{"Percent":50}""");
    }

    [Fact]
    public async Task A_custom_status_that_was_never_set_is_null_as_json_once_the_code_has_run()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        var later = new StartOrchestrationOptions("later", time.GetUtcNow().AddHours(1));
        await host.StartMainAsync(options: later);

        var pending = await host.Client.GetInstanceAsync("later", true, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromHours(1));
        var ended = await host.EndOfAsync("later");

        Assert.Null(pending!.SerializedCustomStatus);
        Assert.Equal("null", ended.SerializedCustomStatus);
        Assert.Null(ended.ReadCustomStatusAs<string>());
    }

    [Fact]
    public async Task A_stopped_host_goes_on_where_it_was()
    {
        await using var host = await TestHost.StartNewAsync();
        var runs = 0;
        host.Script.Work = (input, _) => Task.FromResult<string?>($"{input}{++runs}");
        host.Script.Main = async context =>
        {
            var first = await context.CallActivityAsync<string>("Work", "run");
            await context.WaitForExternalEvent<string>("go");
            return first;
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => runs == 1);

        await host.RestartAsync();
        await host.Client.RaiseEventAsync(id, "go", TestContext.Current.CancellationToken);
        var ended = await host.EndOfAsync(id);

        Assert.Equal("run1", ended.ReadOutputAs<string>());
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_stop_cancels_activities_and_the_next_start_runs_them_again()
    {
        await using var host = await TestHost.StartNewAsync();
        var starts = 0;
        host.Script.Work = async (_, context) =>
        {
            if (Interlocked.Increment(ref starts) == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            }

            return "done";
        };
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work");
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => starts == 1);

        await host.RestartAsync();
        var ended = await host.EndOfAsync(id);

        Assert.Equal("done", ended.ReadOutputAs<string>());
        Assert.Equal(2, starts);
    }

    [LoggerMessage(9001, LogLevel.Information, "{Word}")]
    private static partial void LogWord(ILogger logger, string word);
}
