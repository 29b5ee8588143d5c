using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>
/// Lets a failed instance go on from where it failed: its history becomes what <see cref="RewindPlan"/> keeps of it,
/// and whatever the code then waits for is asked for once more.
/// </summary>
internal static class InstanceRewind
{
    /// <exception cref="ArgumentException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It has not failed.</exception>
    public static void Rewind(
        this StateSession session, string instanceId, string? reason, DateTimeOffset now, StepEffects effects)
    {
        var instance = session.FindInstance(instanceId) ?? throw InstanceErrors.Unknown(instanceId);
        if (instance.Status != OrchestrationRuntimeStatus.Failed)
        {
            throw new InvalidOperationException(
                $"Only a failed orchestration instance can be rewound; '{instanceId}' is {instance.Status}.");
        }

        var kept = RewindPlan.Kept(session.ReadHistory(instanceId));
        session.ClearHistory(instanceId);
        kept.ForEach(entry => session.AppendHistory(instanceId, entry));

        // A late run of the first attempt must not answer as well.
        session.ClearActivities(instanceId);
        session.ReviveInstance(instanceId, now);
        session.Post(instanceId, new HistoryEvent(EventKind.ExecutionRewound, now) { Data = reason });
        var answered = kept.Where(entry => RewindPlan.IsAnswer(entry.Kind)).Select(entry => entry.TaskId).ToHashSet();
        foreach (var call in kept.Where(entry => RewindPlan.IsCall(entry.Kind) && !answered.Contains(entry.TaskId)))
        {
            AskAgain(session, instance, call, reason, now, effects);
        }

        effects.Ready.Add(instanceId);
        effects.Changed.Add(instanceId);
    }

    private static void AskAgain(
        StateSession session,
        InstanceRow instance,
        HistoryEvent call,
        string? reason,
        DateTimeOffset now,
        StepEffects effects)
    {
        switch (call.Kind)
        {
            case EventKind.ActivityScheduled:
                effects.Activities.Add(session.AddActivity(instance.InstanceId, instance.ExecutionId, call));
                break;
            case EventKind.TimerCreated:
                var due = call.FireAt!.Value;
                session.Post(
                    instance.InstanceId, new HistoryEvent(EventKind.TimerFired, due) { TaskId = call.TaskId }, due);
                effects.Timer(due);
                break;
            case EventKind.SubOrchestrationCreated:
                AskSubAgain(session, instance, call, reason, now, effects);
                break;
            default:
                break;
        }
    }

    private static void AskSubAgain(
        StateSession session,
        InstanceRow instance,
        HistoryEvent call,
        string? reason,
        DateTimeOffset now,
        StepEffects effects)
    {
        var sub = session.FindInstance(call.Target!);
        if (sub?.Parent is not { } parent || parent.InstanceId != instance.InstanceId || parent.TaskId != call.TaskId)
        {
            // It was purged, or its id is another's now.
            var again = new InstanceRow(call.Target!, Guid.NewGuid().ToString("N"), call.Name!)
            {
                Input = call.Data,
                CreatedAt = now,
                UpdatedAt = now,
                Parent = new ParentRow(
                    instance.Name, instance.InstanceId, instance.ExecutionId, call.TaskId!.Value),
            };
            session.StartInstance(again, startAt: null, effects);
        }
        else if (sub.Status == OrchestrationRuntimeStatus.Failed)
        {
            session.Rewind(sub.InstanceId, reason, now, effects);
        }
        else if (sub.IsFinished)
        {
            // It ended while nobody was there to be told.
            var isTerminated = sub.Status == OrchestrationRuntimeStatus.Terminated;
            var failure = isTerminated ? InstanceCommands.TerminatedFailure(sub.InstanceId) : null;
            ParentNotice.Post(session, sub, failure, now, effects);
        }
    }
}
