using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>
/// Runs activities, each one until its result is written: after a crash or a stop it runs again. Its row in the
/// database goes in the same transaction in which its result reaches the orchestration, so a result counts once.
/// </summary>
internal sealed class ActivityWorker(
    StateDatabase database,
    FunctionIndex functions,
    FunctionInvoker invoker,
    Effects effects,
    GivingUp givingUp,
    TimeProvider time,
    ILogger<ActivityWorker> log)
{
    private static readonly TimeSpan RestAfterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RestWhenStuck = TimeSpan.FromMinutes(1);

    private readonly FailedAttempts<long> _failed = new(time, effects.Queue);

    /// <param name="stopping">Take no more, and cancel what runs.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var id = await effects.Activities.ReadAsync(stopping);
            try
            {
                if (database.Read(session => session.FindActivity(id)) is { } activity
                    && await RunAsync(activity, stopping) is { } answer)
                {
                    await WriteAsync(activity, answer, stopping);
                }

                _failed.Forget(id);
            }
#pragma warning disable CA1031 // What activities throw is their answer; what comes here concerns the host.
            catch (Exception e) when (!stopping.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Failed(id, e, stopping);
            }
        }
    }

    private void Failed(long id, Exception error, CancellationToken stopping)
    {
        if (DatabaseTrouble.Is(error))
        {
            DispatchLog.ActivityWaits(log, id, RestAfterTrouble.TotalSeconds, error);
            _failed.Rest(id, RestAfterTrouble, stopping);
            return;
        }

        var attempt = _failed.Count(id);
        if (attempt < FailedAttempts<long>.Limit)
        {
            var rest = FailedAttempts<long>.RestAfter(attempt);
            DispatchLog.ActivityNotBegun(log, id, attempt, FailedAttempts<long>.Limit, rest.TotalSeconds, error);
            _failed.Rest(id, rest, stopping);
            return;
        }

        GiveUp(id, attempt, error, stopping);
    }

    private void GiveUp(long id, int attempts, Exception error, CancellationToken stopping)
    {
        try
        {
            givingUp.OnActivity(id, attempts, error);
            _failed.Forget(id);
        }
#pragma warning disable CA1031 // Nothing is left but to say so and to try again, out of everybody's way.
        catch (Exception e)
#pragma warning restore CA1031
        {
            DispatchLog.ActivityNotGivenUp(log, id, RestWhenStuck.TotalSeconds, e);
            _failed.Rest(id, RestWhenStuck, stopping);
        }
    }

    private async Task<HistoryEvent?> RunAsync(ActivityRow activity, CancellationToken stopping)
    {
        if (functions.Find(FunctionKind.Activity, activity.Name) is not { } entry)
        {
            return Failure(activity, new TaskFailureDetails(
                RetryLoop.ActivityNotFound, $"No activity task named '{activity.Name}' was found.", null, null, null));
        }

        try
        {
            await using var invocation = invoker.Begin(
                entry,
                (parameter, _) => JsonData.Converter.Deserialize(activity.Input, parameter.ParameterType),
                new Dictionary<string, object?> { ["instanceId"] = activity.InstanceId },
                stopping);
            var result = await Task.Run(invocation.RunAsync, CancellationToken.None);
            return new HistoryEvent(EventKind.ActivityCompleted, time.GetUtcNow())
            {
                TaskId = activity.TaskId,
                Data = JsonData.Converter.Serialize(result),
            };
        }
#pragma warning disable CA1031 // Whatever an activity throws is the answer to its orchestration.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (stopping.IsCancellationRequested)
            {
                DispatchLog.ActivityInterrupted(log, activity.Name, activity.InstanceId);
                return null;
            }

            DispatchLog.ActivityFailed(log, activity.Name, activity.InstanceId, e);
            return Failure(activity, TaskFailureDetails.FromException(e));
        }
    }

    // A result can be the work of hours: a database that cannot take it now is asked again.
    private async Task WriteAsync(ActivityRow activity, HistoryEvent answer, CancellationToken stopping)
    {
        for (var refused = false; ;)
        {
            try
            {
                Write(activity, answer);
                return;
            }
#pragma warning disable CA1031 // Its row is still there: it runs again at the next start.
            catch (Exception) when (stopping.IsCancellationRequested)
#pragma warning restore CA1031
            {
                DispatchLog.ActivityInterrupted(log, activity.Name, activity.InstanceId);
                return;
            }
            catch (Exception e) when (DatabaseTrouble.Is(e))
            {
                DispatchLog.ResultNotWritten(
                    log, activity.Name, activity.InstanceId, RestAfterTrouble.TotalSeconds, e);
                await Task.Delay(RestAfterTrouble, time, stopping);
            }
            catch (Exception e) when (!refused)
            {
                // Too large, for instance. Its orchestration is told as of any other failure.
                DispatchLog.ResultRefused(log, activity.Name, activity.InstanceId, e);
                answer = Failure(activity, TaskFailureDetails.FromException(e));
                refused = true;
            }
#pragma warning disable CA1031 // The work was done: it must not be done again only because nobody can be told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                GiveUp(activity.Id, 1, e, stopping);
                return;
            }
        }
    }

    private void Write(ActivityRow activity, HistoryEvent answer)
    {
        var expected = database.Write(
            CommitKind.ActivityResult,
            activity.Name,
            session => session.RemoveActivity(activity)
                && session.PostAnswer(activity.InstanceId, activity.ExecutionId, answer));
        if (expected)
        {
            var ready = new StepEffects();
            ready.Ready.Add(activity.InstanceId);
            effects.Apply(ready);
        }
    }

    private HistoryEvent Failure(ActivityRow activity, TaskFailureDetails failure) =>
        new(EventKind.ActivityFailed, time.GetUtcNow()) { TaskId = activity.TaskId, Data = failure.ToJson() };
}
