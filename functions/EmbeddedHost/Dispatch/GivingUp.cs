using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>
/// Ends an orchestration that the host cannot carry on: a history that cannot be read, a result that cannot be written,
/// a fault of the host. It ends as failed, so that whoever waits for it is told, and nobody else is disturbed.
/// </summary>
internal sealed class GivingUp(StateDatabase database, Effects effects, TimeProvider time, ILogger<GivingUp> log)
{
    private const string Reason = "OrchestrationNotRunnable";

    public void OnInstance(string instanceId, int attempts, Exception error)
    {
        DispatchLog.InstanceGivenUp(log, instanceId, attempts, error);
        End(instanceId, $"A step could not be run in {attempts} attempts: {error.Message}", activityId: null);
    }

    public void OnActivity(long activityId, int attempts, Exception error)
    {
        var instanceId = database.Read(session => session.InstanceOfActivity(activityId));
        DispatchLog.ActivityGivenUp(log, activityId, instanceId, attempts, error);
        End(
            instanceId,
            $"Its activity {activityId} could not be run in {attempts} attempts: {error.Message}",
            activityId);
    }

    private void End(string? instanceId, string message, long? activityId)
    {
        var failure = new TaskFailureDetails(Reason, message, null, null, null);
        var done = new StepEffects();
        database.Write(CommitKind.GiveUp, instanceId ?? "", session =>
        {
            if (activityId is { } id)
            {
                session.DropActivity(id);
            }

            if (instanceId is not null && session.FindInstance(instanceId) is { IsFinished: false } instance)
            {
                Fail(session, instance, failure, time.GetUtcNow(), done);
            }
        });
        effects.Apply(done);
    }

    private static void Fail(
        StateSession session, InstanceRow instance, TaskFailureDetails failure, DateTimeOffset now, StepEffects done)
    {
        var failed = instance with
        {
            Status = OrchestrationRuntimeStatus.Failed,
            Output = failure.ToString(),
            Failure = failure.ToJson(),
            UpdatedAt = now,
        };
        session.UpdateInstance(failed);
        session.AppendHistory(
            instance.InstanceId, new HistoryEvent(EventKind.ExecutionFailed, now) { Data = failed.Failure });
        session.ClearInbox(instance.InstanceId);
        session.ClearActivities(instance.InstanceId);
        ParentNotice.Post(session, failed, failure, now, done);
        done.Changed.Add(instance.InstanceId);
    }
}
