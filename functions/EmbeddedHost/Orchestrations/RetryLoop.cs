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
            var failed = new TaskFailedException(name, answer.TaskId!.Value, failure);
            var elapsed = context.CurrentUtcDateTime - firstAttemptAt;
            var again = (failure.ErrorType, retry) switch
            {
                (ActivityNotFound, _) => false,
                (_, { Handler: { } handler }) => await handler(
                    new RetryContext(context, attempt, failure, elapsed, CancellationToken.None)),
                (_, { Policy: { } policy }) => await PauseAsync(policy, attempt, failed, elapsed),
                _ => false,
            };
            if (!again)
            {
                throw failed;
            }
        }
    }

    /// <returns>Whether there is another attempt after the pause.</returns>
    private async Task<bool> PauseAsync(
        RetryPolicy policy, int attempt, TaskFailedException failed, TimeSpan elapsed)
    {
        var late = policy.RetryTimeout != Timeout.InfiniteTimeSpan && elapsed >= policy.RetryTimeout;
        if (late || !policy.Handle(failed))
        {
            return false;
        }

        // The official engine sets a timer after the last attempt too, due at once: the numbers of later calls agree.
        var last = attempt >= policy.MaxNumberOfAttempts;
        await context.CreateTimer(last ? TimeSpan.Zero : PauseAfter(policy, attempt), CancellationToken.None);
        return !last;
    }

    private static TimeSpan PauseAfter(RetryPolicy policy, int attempt)
    {
        var ticks = policy.FirstRetryInterval.Ticks * Math.Pow(policy.BackoffCoefficient, attempt - 1);
        var longest = policy.MaxRetryInterval == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : policy.MaxRetryInterval;
        return ticks >= longest.Ticks ? longest : TimeSpan.FromTicks((long)ticks);
    }
}
