using System.Collections.Concurrent;
using DurableTask.Core.History;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Client;

public class RewindTests
{
    private readonly ConcurrentQueue<string?> _runs = new();
    private bool _isRepaired;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_activity_that_failed_runs_again_and_those_before_it_do_not()
    {
        await using var host = await StartAsync(async context =>
        {
            var first = await context.CallActivityAsync<string>("Work", "first");
            var second = await context.CallActivityAsync<string>("Work", "bad");
            return $"{first},{second},{await context.CallActivityAsync<string>("Work", "third")}";
        });

        var ended = await FailAndRewindAsync(host);

        Assert.Equal("first,bad,third", ended.ReadOutputAs<string>());
        Assert.Equal(["first", "bad", "bad", "third"], _runs);
        Assert.Null(ended.FailureDetails);
    }

    [Fact]
    public async Task Of_parallel_activities_only_those_that_failed_run_again()
    {
        await using var host = await StartAsync(async context =>
        {
            List<string> names = ["a", "bad 1", "b", "bad 2"];
            var all = names.ConvertAll(name => context.CallActivityAsync<string>("Work", name));
            return string.Join(',', await Task.WhenAll(all));
        });

        var ended = await FailAndRewindAsync(host);

        Assert.Equal("a,bad 1,b,bad 2", ended.ReadOutputAs<string>());
        Assert.Equal(["a", "b", "bad 1", "bad 1", "bad 2", "bad 2"], _runs.Order());
    }

    [Fact]
    public async Task After_the_last_of_some_attempts_there_is_one_more()
    {
        await using var host = await StartAsync(async context =>
        {
            var retry = TaskOptions.FromRetryPolicy(new RetryPolicy(2, TimeSpan.FromMilliseconds(1)));
            var first = await context.CallActivityAsync<string>("Work", "bad", retry);
            return first + await context.CallActivityAsync<string>("Work", " and more");
        });

        var ended = await FailAndRewindAsync(host);

        Assert.Equal("bad and more", ended.ReadOutputAs<string>());
        Assert.Equal(["bad", "bad", "bad", " and more"], _runs);
    }

    [Fact]
    public async Task A_sub_orchestration_that_failed_is_rewound_itself()
    {
        await using var host = await StartAsync(
            async context => await context.CallSubOrchestratorAsync<string>(
                "Sub", options: new SubOrchestrationOptions(instanceId: "child")));
        host.Script.Sub = async context => await context.CallActivityAsync<string>("Work", "first")
            + await context.CallActivityAsync<string>("Work", "bad");

        var ended = await FailAndRewindAsync(host);

        Assert.Equal("firstbad", ended.ReadOutputAs<string>());
        Assert.Equal(["first", "bad", "bad"], _runs);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.EndOfAsync("child")).RuntimeStatus);
    }

    [Fact]
    public async Task A_sub_orchestration_that_was_purged_starts_anew()
    {
        await using var host = await StartAsync(
            async context => await context.CallSubOrchestratorAsync<string>(
                "Sub", options: new SubOrchestrationOptions(instanceId: "child")));
        host.Script.Sub = async context => await context.CallActivityAsync<string>("Work", "bad");
        var id = await host.StartMainAsync();
        await host.EndOfAsync(id);
        await host.Client.PurgeInstanceAsync("child", Cancellation);

        _isRepaired = true;
        await host.Client.RewindInstanceAsync(id, "repaired", Cancellation);

        Assert.Equal("bad", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task What_was_still_awaited_at_the_failure_is_awaited_again()
    {
        await using var host = await StartAsync(async context =>
        {
            var slow = context.CallActivityAsync<string>("Work", "slow");
            var pause = context.CreateTimer(TimeSpan.FromSeconds(1), CancellationToken.None);
            var sub = context.CallSubOrchestratorAsync<string>("Sub");
            await context.CallActivityAsync<string>("Work", "bad");
            await pause;
            return await slow + await sub;
        });
        host.Script.Sub = async context => await context.WaitForExternalEvent<string>("go");

        var id = await host.StartMainAsync();
        await host.EndOfAsync(id);
        await foreach (var sub in host.Client.GetAllInstancesAsync())
        {
            if (sub.Name == "Sub")
            {
                await host.Client.RaiseEventAsync(sub.InstanceId, "go", " and sub", Cancellation);
                await host.EndOfAsync(sub.InstanceId);
            }
        }

        _isRepaired = true;
        await host.Client.RewindInstanceAsync(id, "repaired", Cancellation);
        var ended = await host.EndOfAsync(id);

        Assert.Equal("slow and sub", ended.ReadOutputAs<string>());
        Assert.Equal(2, _runs.Count(run => run == "bad"));
    }

    [Fact]
    public async Task Code_that_fails_by_itself_fails_again_until_it_is_repaired()
    {
        await using var host = await StartAsync(async context =>
        {
            await context.CallActivityAsync<string>("Work", "first");
            return _isRepaired ? "repaired" : throw new InvalidDataException("damaged");
        });
        var id = await host.StartMainAsync();
        await host.EndOfAsync(id);

        await host.Client.RewindInstanceAsync(id, "hope", Cancellation);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.EndOfAsync(id)).RuntimeStatus);
        _isRepaired = true;
        await host.Client.RewindInstanceAsync(id, "repaired", Cancellation);

        Assert.Equal("repaired", (await host.EndOfAsync(id)).ReadOutputAs<string>());
        Assert.Equal(["first"], _runs);
    }

    [Fact]
    public async Task A_rewound_instance_goes_on_after_a_restart_of_the_host()
    {
        using var open = new ManualResetEventSlim();
        await using var host = await StartAsync(
            async context => await context.CallActivityAsync<string>("Work", "bad"));
        var id = await host.StartMainAsync();
        await host.EndOfAsync(id);
        host.Script.Work = async (input, context) =>
        {
            await Task.Delay(open.IsSet ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, context.CancellationToken);
            return input;
        };

        await host.Client.RewindInstanceAsync(id, "repaired", Cancellation);
        await host.StopAsync();
        open.Set();
        await host.StartAsync();

        Assert.Equal("bad", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task The_history_tells_of_the_rewind()
    {
        await using var host = await StartAsync(
            async context => await context.CallActivityAsync<string>("Work", "bad"));

        var ended = await FailAndRewindAsync(host);
        var history = await host.Client.GetOrchestrationHistoryAsync(ended.InstanceId, Cancellation);

        Assert.Equal(
            [
                EventType.ExecutionStarted, EventType.TaskScheduled, EventType.ExecutionRewound,
                EventType.TaskCompleted, EventType.ExecutionCompleted,
            ],
            history.Select(line => line.EventType).Where(type => type != EventType.OrchestratorStarted));
        Assert.All(history, line => Assert.Equal(DateTimeKind.Utc, line.Timestamp.Kind));
    }

    [Fact]
    public async Task Only_what_exists_and_has_failed_can_be_rewound()
    {
        await using var host = await TestHost.StartNewAsync();
        var done = await host.RunMainAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            () => host.Client.RewindInstanceAsync("none", "why not", Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => host.Client.RewindInstanceAsync(done.InstanceId, "why not", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(
            () => host.Client.GetOrchestrationHistoryAsync("none", Cancellation));
    }

    /// <summary>A host whose activity fails for inputs that begin with bad, until it is repaired.</summary>
    private async Task<TestHost> StartAsync(Func<TaskOrchestrationContext, Task<object?>> main)
    {
        var host = await TestHost.StartNewAsync();
        host.Script.Main = main;
        host.Script.Work = (input, _) =>
        {
            _runs.Enqueue(input);
            return input!.StartsWith("bad", StringComparison.Ordinal) && !_isRepaired
                ? throw new InvalidDataException("damaged")
                : Task.FromResult<string?>(input);
        };
        return host;
    }

    private async Task<OrchestrationMetadata> FailAndRewindAsync(TestHost host)
    {
        var id = await host.StartMainAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.EndOfAsync(id)).RuntimeStatus);
        _isRepaired = true;
        await host.Client.RewindInstanceAsync(id, "repaired", Cancellation);
        return await host.EndOfAsync(id);
    }
}
