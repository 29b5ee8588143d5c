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
    TimeProvider time,
    ILogger<ActivityWorker> log)
{
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(5);

    /// <param name="stopping">Take no more, and cancel what runs.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var id = await effects.Activities.ReadAsync(stopping);
            if (Find(id) is { } activity && await RunAsync(activity, stopping) is { } answer)
            {
                await WriteAsync(activity, answer, stopping);
            }
        }
    }

    private ActivityRow? Find(long id)
    {
        try
        {
            return database.Read(session => session.FindActivity(id));
        }
        catch
        {
            // It has left the queue, so nobody else would run it.
            var again = new StepEffects();
            again.Activities.Add(id);
            effects.Apply(again);
            throw;
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
        while (true)
        {
            try
            {
                var expected = database.Write(
                    CommitKind.ActivityResult,
                    activity.Name,
                    session => session.RemoveActivity(activity.Id)
                        && session.PostAnswer(activity.InstanceId, activity.ExecutionId, answer));
                if (expected)
                {
                    var ready = new StepEffects();
                    ready.Ready.Add(activity.InstanceId);
                    effects.Apply(ready);
                }

                return;
            }
#pragma warning disable CA1031 // Tried again until it works or the host stops; then the activity runs again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (stopping.IsCancellationRequested)
                {
                    DispatchLog.ActivityInterrupted(log, activity.Name, activity.InstanceId);
                    return;
                }

                DispatchLog.ResultNotWritten(
                    log, activity.Name, activity.InstanceId, PauseAfterTrouble.TotalSeconds, e);
                await Task.Delay(PauseAfterTrouble, time, stopping);
            }
        }
    }

    private HistoryEvent Failure(ActivityRow activity, TaskFailureDetails failure) =>
        new(EventKind.ActivityFailed, time.GetUtcNow()) { TaskId = activity.TaskId, Data = failure.ToJson() };
}
