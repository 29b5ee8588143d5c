using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>Makes a call until it succeeds or its retry options give up. The pauses are durable timers.</summary>
internal sealed class RetryLoop(TaskOrchestrationContext context, CallLedger calls)
{
    /// <summary>The failure of a call of an activity that does not exist: no retry will find it.</summary>
    public const string ActivityNotFound = "ActivityTaskNotFound";

    /// <returns>The result as JSON.</returns>
    /// <exception cref="TaskFailedException">The last attempt's failure.</exception>
    public async Task<string?> CallAsync(string name, Func<HistoryEvent> call, TaskRetryOptions? retry)
    {
        var firstAttemptAt = context.CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            var answer = await calls.Make(call()).Task;
            if (answer.Kind is EventKind.ActivityCompleted or EventKind.SubOrchestrationCompleted)
            {
                return answer.Data;
            }

            var failure = FailureJson.Parse(answer.Data);
            var elapsed = context.CurrentUtcDateTime - firstAttemptAt;
            if (failure.ErrorType == ActivityNotFound
                || await PauseBeforeNextAsync(retry, attempt, failure, elapsed) is not { } pause)
            {
                throw new TaskFailedException(name, answer.TaskId!.Value, failure);
            }

            if (pause > TimeSpan.Zero)
            {
                await context.CreateTimer(pause, CancellationToken.None);
            }
        }
    }

    private async Task<TimeSpan?> PauseBeforeNextAsync(
        TaskRetryOptions? retry, int attempt, TaskFailureDetails failure, TimeSpan elapsed)
    {
        if (retry?.Handler is { } handler)
        {
            var again = await handler(new RetryContext(context, attempt, failure, elapsed, CancellationToken.None));
            return again ? TimeSpan.Zero : null;
        }

        if (retry?.Policy is not { } policy || attempt >= policy.MaxNumberOfAttempts || !policy.ShouldRetry(failure))
        {
            return null;
        }

        var pause = PauseAfter(policy, attempt);
        var tooLate = policy.RetryTimeout != Timeout.InfiniteTimeSpan && elapsed + pause > policy.RetryTimeout;
        return tooLate ? null : pause;
    }

    private static TimeSpan PauseAfter(RetryPolicy policy, int attempt)
    {
        var ticks = policy.FirstRetryInterval.Ticks * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        var longest = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : policy.MaxRetryInterval;
        return ticks >= longest.Ticks ? longest : TimeSpan.FromTicks((long)ticks);
    }
}
