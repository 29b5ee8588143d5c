using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class RetryTests
{
    private static readonly TaskOptions ThreeAttempts =
        TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromMilliseconds(10)));

    [Fact]
    public async Task A_failing_activity_fails_the_call_with_its_type_message_and_inner_failure()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Work = (_, _) => throw new FileNotFoundException("no file", new TimeoutException("too slow"));
        TaskFailedException? caught = null;
        host.Script.Main = async context =>
        {
            caught = await Assert.ThrowsAsync<TaskFailedException>(() => context.CallActivityAsync("Work"));
            return null;
        };

        await host.RunMainAsync();

        Assert.NotNull(caught);
        Assert.Equal("Task 'Work' (#0) failed with an unhandled exception: no file", caught.Message);
        Assert.Equal("System.IO.FileNotFoundException", caught.FailureDetails.ErrorType);
        Assert.True(caught.FailureDetails.IsCausedBy<IOException>());
        Assert.False(caught.FailureDetails.IsCausedBy<TimeoutException>());
        Assert.Equal("System.TimeoutException", caught.FailureDetails.InnerFailure!.ErrorType);
    }

    [Fact]
    public async Task A_retry_policy_tries_until_it_succeeds()
    {
        await using var host = await TestHost.StartNewAsync();
        var attempts = 0;
        host.Script.Work = (_, _) =>
            ++attempts < 3 ? throw new IOException("away") : Task.FromResult<string?>("back");
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work", ThreeAttempts);

        var ended = await host.RunMainAsync();

        Assert.Equal("back", ended.ReadOutputAs<string>());
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task A_retry_policy_gives_up_after_its_attempts()
    {
        await using var host = await TestHost.StartNewAsync();
        var attempts = 0;
        host.Script.Work = (_, _) =>
        {
            attempts++;
            throw new IOException("away");
        };
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work", ThreeAttempts);

        var ended = await host.RunMainAsync();

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Equal(typeof(TaskFailedException).FullName, ended.FailureDetails!.ErrorType);
        Assert.Equal("System.IO.IOException", ended.FailureDetails.InnerFailure!.ErrorType);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task A_failure_the_policy_does_not_handle_is_not_tried_again()
    {
        await using var host = await TestHost.StartNewAsync();
        var attempts = 0;
        host.Script.Work = (_, _) =>
        {
            attempts++;
            throw new InvalidDataException("damaged");
        };
        var policy = new RetryPolicy(5, TimeSpan.FromMilliseconds(10))
        {
            HandleFailure = failure => !failure.IsCausedBy<InvalidDataException>(),
        };
        host.Script.Main = async context =>
            await context.CallActivityAsync<string>("Work", TaskOptions.FromRetryPolicy(policy));

        await host.RunMainAsync();

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task A_retry_handler_decides_by_attempt_number()
    {
        await using var host = await TestHost.StartNewAsync();
        var attempts = 0;
        host.Script.Work = (_, _) =>
        {
            attempts++;
            throw new IOException("away");
        };
        var options = TaskOptions.FromRetryHandler(retry => retry.LastAttemptNumber < 4);
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work", options);

        await host.RunMainAsync();

        Assert.Equal(4, attempts);
    }

    [Fact]
    public async Task An_activity_that_does_not_exist_fails_at_once_whatever_the_policy()
    {
        await using var host = await TestHost.StartNewAsync();
        var options = TaskOptions.FromRetryPolicy(new RetryPolicy(9, TimeSpan.FromHours(1)));
        host.Script.Main = async context => await context.CallActivityAsync<string>("Nope", options);

        var ended = await host.RunMainAsync();

        Assert.Equal("ActivityTaskNotFound", ended.FailureDetails!.InnerFailure!.ErrorType);
    }

    [Fact]
    public async Task Pauses_between_attempts_grow_and_are_durable_timers()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        var attempts = new List<DateTimeOffset>();
        host.Script.Work = (_, _) =>
        {
            attempts.Add(time.GetUtcNow());
            throw new IOException("away");
        };
        var options = TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromSeconds(10), 3));
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work", options);
        var id = await host.StartMainAsync();

        await TestHost.UntilAsync(() => attempts.Count == 1);
        await TestHost.AdvanceUntilAsync(time, () => attempts.Count == 2);
        await host.RestartAsync();
        await TestHost.AdvanceUntilAsync(time, () => attempts.Count == 3);
        await host.EndOfAsync(id);

        Assert.InRange(attempts[1] - attempts[0], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20));
        Assert.InRange(attempts[2] - attempts[1], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60));
    }
}
