using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>What can be done to an instance from outside its code.</summary>
internal static class InstanceCommands
{
    /// <exception cref="Grpc.Core.RpcException">NotFound: there is no such instance. FailedPrecondition: it has
    /// finished.</exception>
    public static InstanceRow RequireUnfinished(this StateSession session, string instanceId, string intent)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var instance = session.FindInstance(instanceId) ?? throw InstanceErrors.NotFound(instanceId);
        return instance.IsFinished ? throw InstanceErrors.Finished(instanceId, intent, instance.Status) : instance;
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
            ParentNotice.Post(
                session, session.FindInstance(instanceId)!, TerminatedFailure(instanceId), now, effects);
        }

        foreach (var child in recursive ? session.ChildrenOf(instanceId) : [])
        {
            session.Terminate(child, output, recursive, now, effects);
        }
    }

    /// <summary>What an orchestration learns of a sub-orchestration that was terminated.</summary>
    public static TaskFailureDetails TerminatedFailure(string instanceId) => new(
        "SubOrchestrationTerminated", $"The orchestration '{instanceId}' was terminated.", null, null, null);

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

    /// <summary>Starts the same orchestration with the same input once more, under its id or another.</summary>
    /// <exception cref="ArgumentException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">The id is to stay, and the instance has not finished.</exception>
    public static void Restart(
        this StateSession session, string instanceId, string newId, DateTimeOffset now, StepEffects effects)
    {
        var instance = session.FindInstance(instanceId) ?? throw InstanceErrors.Unknown(instanceId);
        if (newId == instanceId && !instance.IsFinished)
        {
            throw new InvalidOperationException(
                $"An orchestration with the instanceId {instanceId} cannot be restarted: it is {instance.Status}.");
        }

        var again = new InstanceRow(newId, Guid.NewGuid().ToString("N"), instance.Name)
        {
            Input = instance.Input,
            Tags = instance.Tags,
            CreatedAt = now,
            UpdatedAt = now,
        };
        session.StartInstance(again, startAt: null, effects);
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
