using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class SubOrchestrationTests
{
    [Fact]
    public async Task A_sub_orchestration_returns_its_output_and_knows_its_parent()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context => await context.CallSubOrchestratorAsync<string>("Sub", "x");
        host.Script.Sub = async context =>
            await context.CallActivityAsync<string>("Work", context.GetInput<string>()) + context.Parent!.InstanceId;

        var ended = await host.RunMainAsync();

        Assert.Equal("x" + ended.InstanceId, ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_failing_sub_orchestration_fails_the_call_with_its_own_exception()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Sub = _ => throw new InvalidDataException("damaged");
        TaskFailureDetails? failure = null;
        host.Script.Main = async context =>
        {
            var failed = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallSubOrchestratorAsync("Sub"));
            failure = failed.FailureDetails;
            return null;
        };

        await host.RunMainAsync();

        Assert.Equal("System.IO.InvalidDataException", failure!.ErrorType);
    }

    [Fact]
    public async Task A_sub_orchestration_that_fails_by_its_activity_hands_on_the_activitys_failure()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Work = (_, _) => throw new IOException("away");
        host.Script.Sub = async context => await context.CallActivityAsync<string>("Work");
        TaskFailedException? failed = null;
        host.Script.Main = async context =>
        {
            failed = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallSubOrchestratorAsync("Sub"));
            return null;
        };

        await host.RunMainAsync();

        Assert.Equal("Sub", failed!.TaskName);
        Assert.Equal(
            "Task 'Sub' (#0) failed with an unhandled exception: "
            + "Task 'Work' (#0) failed with an unhandled exception: away",
            failed.Message);
        Assert.Equal(typeof(TaskFailedException).FullName, failed.FailureDetails.ErrorType);
        Assert.Equal(typeof(IOException).FullName, failed.FailureDetails.InnerFailure!.ErrorType);
    }

    [Fact]
    public async Task A_sub_orchestration_runs_under_the_id_it_is_given()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Sub = context => Task.FromResult<object?>(context.InstanceId + context.GetInput<int>());
        host.Script.Main = async context => await context.CallSubOrchestratorAsync<string>(
            "Sub", 5, new SubOrchestrationOptions(instanceId: "child"));

        Assert.Equal("child5", (await host.RunMainAsync()).ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_sub_orchestration_with_the_id_of_a_running_one_fails_the_call()
    {
        await using var host = await TestHost.StartNewAsync();
        var options = new TaskOptions().WithInstanceId("taken");
        host.Script.Sub = async context => await context.WaitForExternalEvent<string>("never");
        host.Script.Main = async context =>
        {
            var first = context.CallSubOrchestratorAsync("Sub", options);
            await context.CallSubOrchestratorAsync("Sub", options);
            await first;
            return null;
        };

        var ended = await host.RunMainAsync();

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains("taken already exists", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_sub_orchestration_is_tried_again_under_the_same_id()
    {
        await using var host = await TestHost.StartNewAsync();
        var ids = new List<string>();
        host.Script.Sub = context =>
        {
            ids.Add(context.InstanceId);
            return ids.Count < 2 ? throw new IOException("away") : Task.FromResult<object?>("done");
        };
        var options = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(10)));
        host.Script.Main = async context => await context.CallSubOrchestratorAsync<string>("Sub", options);

        var ended = await host.RunMainAsync();

        Assert.Equal("done", ended.ReadOutputAs<string>());
        Assert.Equal(2, ids.Count);
        Assert.Single(ids.Distinct());
        var last = await host.Client.GetInstanceAsync(ids[0], TestContext.Current.CancellationToken);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, last!.RuntimeStatus);
    }
}
