using DurableTask.Core.Exceptions;
using Grpc.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Client;

public class ClientTests
{
    [Fact]
    public async Task An_id_in_use_is_refused_and_a_finished_one_is_replaced()
    {
        await using var host = await TestHost.StartNewAsync();
        var options = new StartOrchestrationOptions("one");
        host.Script.Main = async context => await context.WaitForExternalEvent<string>("go");
        await host.StartMainAsync(options: options);

        var refused = await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(
            () => host.StartMainAsync(options: options));
        Assert.Equal("An Orchestration instance with the ID one already exists.", refused.Message);

        await host.Client.RaiseEventAsync("one", "go", "first", TestContext.Current.CancellationToken);
        Assert.Equal("first", (await host.EndOfAsync("one")).ReadOutputAs<string>());
        await host.StartMainAsync(options: options);
        await host.Client.RaiseEventAsync("one", "go", "second", TestContext.Current.CancellationToken);
        Assert.Equal("second", (await host.EndOfAsync("one")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task An_instance_with_a_start_time_is_pending_until_then()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        var id = await host.StartMainAsync(
            options: new StartOrchestrationOptions(StartAt: time.GetUtcNow().AddHours(1)));
        var cancellation = TestContext.Current.CancellationToken;
        await host.Client.RaiseEventAsync(id, "early", cancellation);

        Assert.Equal(
            OrchestrationRuntimeStatus.Pending, (await host.Client.GetInstanceAsync(id, cancellation))!.RuntimeStatus);
        var ended = host.EndOfAsync(id);
        await TestHost.AdvanceUntilAsync(time, () => ended.IsCompleted, TimeSpan.FromMinutes(1));

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await ended).RuntimeStatus);
        Assert.True((await ended).LastUpdatedAt - (await ended).CreatedAt >= TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task An_unknown_instance_is_null_and_cannot_be_acted_on()
    {
        await using var host = await TestHost.StartNewAsync();
        var cancellation = TestContext.Current.CancellationToken;

        Assert.Null(await host.Client.GetInstanceAsync("none", cancellation));
        var raised = await Assert.ThrowsAsync<RpcException>(
            () => host.Client.RaiseEventAsync("none", "x", cancellation));
        var terminated = await Assert.ThrowsAsync<RpcException>(
            () => host.Client.TerminateInstanceAsync("none", cancellation));
        Assert.Equal(StatusCode.NotFound, raised.StatusCode);
        Assert.Equal("No instance with ID 'none' was found. (Parameter 'instanceId')", raised.Status.Detail);
        Assert.Equal(StatusCode.NotFound, terminated.StatusCode);
        Assert.Equal(0, (await host.Client.PurgeInstanceAsync("none", cancellation)).PurgedInstanceCount);
    }

    [Fact]
    public async Task An_orchestration_that_does_not_exist_is_accepted_and_fails()
    {
        await using var host = await TestHost.StartNewAsync();

        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync("Nope", TestContext.Current.CancellationToken);

        Assert.Contains(
            "No orchestration named 'Nope'", (await host.EndOfAsync(id)).SerializedOutput, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_was_not_asked_for_cannot_be_read()
    {
        await using var host = await TestHost.StartNewAsync();
        var ended = await host.RunMainAsync("in");

        var instance = await host.Client.GetInstanceAsync(ended.InstanceId, TestContext.Current.CancellationToken);

        Assert.Null(instance!.SerializedInput);
        Assert.Throws<InvalidOperationException>(() => instance.ReadInputAs<string>());
    }

    [Fact]
    public async Task A_terminated_instance_ends_with_the_output_given_and_its_activities_do_not_run_again()
    {
        await using var host = await TestHost.StartNewAsync();
        var starts = 0;
        host.Script.Work = async (input, context) =>
        {
            starts++;
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            return input;
        };
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work", "late");
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => starts == 1);

        await host.Client.TerminateInstanceAsync(id, "enough", TestContext.Current.CancellationToken);
        var ended = await host.EndOfAsync(id);
        await host.RestartAsync();
        await host.RunMainUnrelatedAsync();

        Assert.Equal(1, starts);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("enough", ended.ReadOutputAs<string>());
        Assert.Equal("enough", (await host.EndOfAsync(id)).ReadOutputAs<string>());
        var again = await Assert.ThrowsAsync<RpcException>(
            () => host.Client.TerminateInstanceAsync(id, TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.FailedPrecondition, again.StatusCode);
        Assert.EndsWith(
            $"the orchestration instance {id} because instance is in the Terminated state.",
            again.Status.Detail,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_code_came_to_after_it_was_terminated_no_longer_counts()
    {
        await using var host = await TestHost.StartNewAsync();
        using var running = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        host.Script.Main = _ =>
        {
            running.Set();
            goOn.Wait(TimeSpan.FromSeconds(20));
            return Task.FromResult<object?>("late");
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => running.IsSet);

        await host.Client.TerminateInstanceAsync(id, "enough", TestContext.Current.CancellationToken);
        goOn.Set();
        await host.RestartAsync();

        var ended = await host.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, ended.RuntimeStatus);
        Assert.Equal("enough", ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_suspended_instance_does_nothing_until_it_is_resumed()
    {
        await using var host = await TestHost.StartNewAsync();
        var cancellation = TestContext.Current.CancellationToken;
        var runs = 0;
        host.Script.Main = async context =>
        {
            runs++;
            return await context.WaitForExternalEvent<string>("go");
        };
        var id = await host.StartMainAsync();
        await host.Client.WaitForInstanceStartAsync(id, cancellation);

        await host.Client.SuspendInstanceAsync(id, "pause", cancellation);
        await host.Client.RaiseEventAsync(id, "go", "on", cancellation);
        await host.RestartAsync();
        await host.RunMainUnrelatedAsync();
        var suspended = await host.Client.GetInstanceAsync(id, true, cancellation);

        Assert.Equal(OrchestrationRuntimeStatus.Suspended, suspended!.RuntimeStatus);
        Assert.Equal("pause", suspended.SerializedOutput);
        Assert.Equal(1, runs);
        await host.Client.ResumeInstanceAsync(id, "go on", cancellation);
        Assert.Equal("on", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Instances_are_listed_in_pages_that_go_on_by_token()
    {
        await using var host = await TestHost.StartNewAsync();
        foreach (var n in Enumerable.Range(0, 5))
        {
            await host.StartMainAsync(n, new StartOrchestrationOptions($"job{n}"));
            await host.EndOfAsync($"job{n}");
        }

        await host.StartMainAsync(0, new StartOrchestrationOptions("other"));
        var query = new OrchestrationQuery(InstanceIdPrefix: "job", PageSize: 2);
        var pages = await host.Client.GetAllInstancesAsync(query).AsPages()
            .ToListAsync(TestContext.Current.CancellationToken);
        var second = await host.Client.GetAllInstancesAsync(query).AsPages(pages[0].ContinuationToken)
            .FirstAsync(TestContext.Current.CancellationToken);

        Assert.Equal([2, 2, 1], pages.Select(page => page.Values.Count));
        Assert.Null(pages[^1].ContinuationToken);
        Assert.Equal(["job2", "job3"], second.Values.Select(instance => instance.InstanceId));
    }

    [Fact]
    public async Task Instances_are_found_by_status()
    {
        await using var host = await TestHost.StartNewAsync();
        var done = await host.RunMainAsync();
        host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        var running = await host.StartMainAsync();
        await host.Client.WaitForInstanceStartAsync(running, TestContext.Current.CancellationToken);

        var found = await host.Client
            .GetAllInstancesAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Running]))
            .ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal([running], found.Select(instance => instance.InstanceId));
        Assert.NotEqual(running, done.InstanceId);
    }

    [Fact]
    public async Task Purging_forgets_finished_instances_only()
    {
        await using var host = await TestHost.StartNewAsync();
        var done = await host.RunMainAsync();
        host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        var running = await host.StartMainAsync();
        var cancellation = TestContext.Current.CancellationToken;

        Assert.Equal(0, (await host.Client.PurgeInstanceAsync(running, cancellation)).PurgedInstanceCount);
        var purged = await host.Client.PurgeAllInstancesAsync(new PurgeInstancesFilter(), cancellation);

        Assert.Equal(1, purged.PurgedInstanceCount);
        Assert.Null(await host.Client.GetInstanceAsync(done.InstanceId, cancellation));
        Assert.NotNull(await host.Client.GetInstanceAsync(running, cancellation));
    }
}
