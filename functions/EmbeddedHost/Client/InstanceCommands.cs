using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>What can be done to an instance from outside its code.</summary>
internal static class InstanceCommands
{
    /// <exception cref="ArgumentException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It has finished.</exception>
    public static InstanceRow RequireUnfinished(this StateSession session, string instanceId, string intent)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var instance = session.FindInstance(instanceId)
            ?? throw new ArgumentException($"No instance with ID '{instanceId}' was found.", nameof(instanceId));
        return instance.IsFinished
            ? throw new InvalidOperationException(
                $"Cannot {intent} the orchestration instance {instanceId} because instance is in the "
                + $"{instance.Status} state.")
            : instance;
    }

    public static void Terminate(
        this StateSession session,
        string instanceId,
        string? output,
        bool recursive,
        DateTimeOffset now,
        StepEffects effects)
    {
        if (session.SetStatus(instanceId, OrchestrationRuntimeStatus.Terminated, output, now))
        {
            session.AppendHistory(instanceId, new HistoryEvent(EventKind.ExecutionTerminated, now) { Data = output });
            session.ClearInbox(instanceId);
            session.ClearActivities(instanceId);
            effects.Changed.Add(instanceId);
            var failure = new TaskFailureDetails(
                "SubOrchestrationTerminated", $"The orchestration '{instanceId}' was terminated.", null, null, null);
            ParentNotice.Post(session, session.FindInstance(instanceId)!, failure, now, effects);
        }

        foreach (var child in recursive ? session.ChildrenOf(instanceId) : [])
        {
            session.Terminate(child, output, recursive, now, effects);
        }
    }

    public static void Suspend(
        this StateSession session, string instanceId, string? reason, DateTimeOffset now, StepEffects effects)
    {
        var instance = session.RequireUnfinished(instanceId, "suspend");
        if (instance.Status != OrchestrationRuntimeStatus.Suspended)
        {
            session.SetStatus(instanceId, OrchestrationRuntimeStatus.Suspended, reason, now);
            session.AppendHistory(instanceId, new HistoryEvent(EventKind.ExecutionSuspended, now) { Data = reason });
            effects.Changed.Add(instanceId);
        }
    }

    public static void Resume(
        this StateSession session, string instanceId, string? reason, DateTimeOffset now, StepEffects effects)
    {
        var instance = session.RequireUnfinished(instanceId, "resume");
        if (instance.Status == OrchestrationRuntimeStatus.Suspended)
        {
            session.SetStatus(instanceId, OrchestrationRuntimeStatus.Running, reason, now);
            session.AppendHistory(instanceId, new HistoryEvent(EventKind.ExecutionResumed, now) { Data = reason });
            effects.Changed.Add(instanceId);
            effects.Ready.Add(instanceId);
        }
    }

    /// <returns>How many instances were removed; one that has not finished stays.</returns>
    public static int Purge(this StateSession session, string instanceId, bool recursive)
    {
        if (session.FindInstance(instanceId) is not { IsFinished: true })
        {
            return 0;
        }

        var children = recursive ? session.ChildrenOf(instanceId) : [];
        session.RemoveInstance(instanceId);
        return 1 + children.Sum(child => session.Purge(child, recursive));
    }
}
