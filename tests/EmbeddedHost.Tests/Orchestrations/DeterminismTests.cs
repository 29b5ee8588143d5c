using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class DeterminismTests
{
    private const string OfficialMessage =
        "An invalid asynchronous invocation was detected. This can be caused by awaiting non-durable tasks in an "
        + "orchestrator function's implementation or by middleware that invokes asynchronous code.";

    [Theory]
    [InlineData("activity Other", "a call of activity 'Other' (#0)")]
    [InlineData("sub-orchestration Work", "a call of sub-orchestration 'Work' (#0)")]
    [InlineData("timer", "a timer (#0)")]
    public async Task Changed_code_is_reported_with_the_orchestration_the_expected_and_the_actual_call(
        string change, string actual)
    {
        await using var host = await TestHost.StartNewAsync();
        var (changed, past) = (false, false);
        host.Script.Main = async context =>
        {
            await ((changed, change) switch
            {
                (false, _) => context.CallActivityAsync("Work"),
                (_, "timer") => context.CreateTimer(TimeSpan.FromHours(1), CancellationToken.None),
                (_, "activity Other") => context.CallActivityAsync("Other"),
                _ => context.CallSubOrchestratorAsync("Work"),
            });
            past = true;
            await context.WaitForExternalEvent<string>("go");
            return null;
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => past);
        changed = true;
        await host.Client.RaiseEventAsync(id, "go", TestContext.Current.CancellationToken);
        var ended = await host.EndOfAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains("Orchestration 'Main'", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("a call of activity 'Work' (#0)", ended.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("made " + actual, ended.FailureDetails.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_history_does_not_have_is_reported()
    {
        await using var host = await TestHost.StartNewAsync();
        var runs = 0;
        host.Script.Main = async context =>
        {
            var first = context.WaitForExternalEvent<string>("go");
            if (++runs > 1)
            {
                _ = context.CallActivityAsync("Work");
            }

            await first;
            return null;
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => runs == 1);
        await host.Client.RaiseEventAsync(id, "go", TestContext.Current.CancellationToken);

        var ended = await host.EndOfAsync(id);

        Assert.Contains("that no call was made there", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ends", "no such call: it ended before it")]
    [InlineData("throws", "no such call: it failed with System.IO.IOException: a new bug")]
    [InlineData("waits", "no such call. ")]
    public async Task Code_that_no_longer_makes_a_call_is_reported_with_what_it_did_instead(
        string change, string actual)
    {
        await using var host = await TestHost.StartNewAsync();
        var changed = false;
        host.Script.Main = async context =>
        {
            context.SetCustomStatus("one");
            switch (changed, change)
            {
                case (false, _):
                    await context.CallActivityAsync("Work");
                    context.SetCustomStatus("two");
                    break;
                case (_, "throws"):
                    throw new IOException("a new bug");
                case (_, "ends"):
                    return null;
            }

            return await context.WaitForExternalEvent<string>("go");
        };
        var id = await host.StartMainAsync();
        var cancellation = TestContext.Current.CancellationToken;
        await TestHost.UntilAsync(async () =>
            (await host.Client.GetInstanceAsync(id, true))!.SerializedCustomStatus == "\"two\"");
        changed = true;
        await host.Client.RaiseEventAsync(id, "go", cancellation);
        var ended = await host.EndOfAsync(id);

        Assert.Contains(
            $"instance '{id}') is not deterministic", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("a call of activity 'Work' (#0)", ended.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("made " + actual, ended.FailureDetails.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("two", ended.ReadCustomStatusAs<string>());
    }

    [Fact]
    public async Task Other_inputs_are_no_other_calls()
    {
        await using var host = await TestHost.StartNewAsync();
        var input = "old";
        host.Script.Main = async context =>
        {
            var first = await context.CallActivityAsync<string>("Work", input);
            input = "new";
            return first + await context.WaitForExternalEvent<string>("go");
        };
        var id = await host.StartMainAsync();
        await TestHost.UntilAsync(() => input == "new");

        await host.Client.RaiseEventAsync(id, "go", "!", TestContext.Current.CancellationToken);

        Assert.Equal("old!", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Leaving_the_orchestrations_thread_fails_with_the_official_message_however_it_ends()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            await context.CallActivityAsync("Work").ConfigureAwait(false);
            return "from a thread of its own";
        };

        Assert.Equal(OfficialMessage, (await host.RunMainAsync()).FailureDetails!.ErrorMessage);
    }

    [Fact]
    public async Task Awaiting_something_that_is_not_durable_fails_with_the_official_message()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async _ =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
            return null;
        };

        var ended = await host.RunMainAsync();

        Assert.Equal(OfficialMessage, ended.FailureDetails!.ErrorMessage);
    }

    [Fact]
    public async Task Calling_the_context_from_another_thread_fails_with_the_official_message()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = context =>
        {
            var call = Task.Run(() => context.CallActivityAsync("Work"));
            ((IAsyncResult)call).AsyncWaitHandle.WaitOne();
            return Task.FromResult<object?>(null);
        };

        var ended = await host.RunMainAsync();

        Assert.Equal(OfficialMessage, ended.FailureDetails!.ErrorMessage);
    }
}
