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
    public async Task A_policy_gives_up_at_the_first_failure_after_its_timeout_and_pauses_no_longer_than_its_maximum()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        var attempts = new List<TimeSpan>();
        var start = time.GetUtcNow();
        host.Script.Work = (_, _) =>
        {
            attempts.Add(time.GetUtcNow() - start);
            throw new IOException("away");
        };
        var seconds = new RetryPolicy(
            9, TimeSpan.FromSeconds(10), 3, TimeSpan.FromSeconds(20), retryTimeout: TimeSpan.FromSeconds(45));
        host.Script.Main = async context =>
            await context.CallActivityAsync<string>("Work", TaskOptions.FromRetryPolicy(seconds));

        var id = await host.StartMainAsync();
        for (var pause = 0; pause < 3; pause++)
        {
            await host.AdvanceToNextTimerAsync(time);
        }

        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.EndOfAsync(id)).RuntimeStatus);
        Assert.Equal([0, 10, 30, 50], attempts.Select(attempt => attempt.TotalSeconds));
    }

    [Fact]
    public async Task Pauses_are_counted_as_calls_and_so_is_the_one_after_the_last_attempt()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Work = (_, _) => throw new IOException("away");
        var ids = new List<int>();
        host.Script.Main = async context =>
        {
            foreach (var options in new[] { ThreeAttempts, new TaskOptions(), new TaskOptions() })
            {
                var failed = await Assert.ThrowsAsync<TaskFailedException>(
                    () => context.CallActivityAsync("Work", options));
                ids.Add(failed.TaskId);
            }

            return null;
        };

        await host.RunMainAsync();

        // Attempts 0, 2 and 4, timers 1, 3 and 5.
        Assert.Equal([4, 6, 7], ids[^3..]);
    }

    [Fact]
    public async Task A_retry_handler_may_wait_for_timers_and_runs_again_on_replay()
    {
        var time = new FakeTimeProvider();
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { TimeProvider = time });
        host.Script.Work = (_, _) => throw new InvalidDataException("damaged");
        var asked = new List<(int Attempt, string Type, TimeSpan Elapsed)>();
        var options = TaskOptions.FromRetryHandler(async retry =>
        {
            asked.Add((retry.LastAttemptNumber, retry.LastFailure.ErrorType, retry.TotalRetryTime));
            await retry.OrchestrationContext.CreateTimer(TimeSpan.FromMinutes(1), retry.CancellationToken);
            return retry.LastAttemptNumber < 2;
        });
        host.Script.Main = async context => await context.CallActivityAsync<string>("Work", options);

        var id = await host.StartMainAsync();
        await host.AdvanceToNextTimerAsync(time);
        await host.AdvanceToNextTimerAsync(time);
        var ended = await host.EndOfAsync(id);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        var first = (1, typeof(InvalidDataException).FullName!, TimeSpan.Zero);
        var second = (2, typeof(InvalidDataException).FullName!, TimeSpan.FromMinutes(1));
        Assert.Equal([first, first, first, second, first, second], asked);
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

        await host.AdvanceToNextTimerAsync(time);
        await TestHost.UntilAsync(() => attempts.Count == 2);
        await host.RestartAsync();
        await host.AdvanceToNextTimerAsync(time);
        await host.EndOfAsync(id);

        Assert.Equal(TimeSpan.FromSeconds(10), attempts[1] - attempts[0]);
        Assert.Equal(TimeSpan.FromSeconds(30), attempts[2] - attempts[1]);
    }
}
