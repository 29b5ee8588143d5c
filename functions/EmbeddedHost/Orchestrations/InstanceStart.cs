using DurableTask.Core.Exceptions;
using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>Puts a new instance into the database.</summary>
internal static class InstanceStart
{
    /// <exception cref="OrchestrationAlreadyExistsException">The id is of an unfinished instance.</exception>
    public static void StartInstance(
        this StateSession session, InstanceRow instance, DateTimeOffset? startAt, StepEffects effects)
    {
        if (session.FindInstance(instance.InstanceId) is { } existing)
        {
            if (!existing.IsFinished)
            {
                throw new OrchestrationAlreadyExistsException(
                    $"An Orchestration instance with the ID {instance.InstanceId} already exists.");
            }

            session.RemoveInstance(instance.InstanceId);
        }

        session.AddInstance(instance);
        session.Post(
            instance.InstanceId,
            new HistoryEvent(EventKind.ExecutionStarted, instance.CreatedAt)
            {
                Name = instance.Name,
                Data = instance.Input,
            },
            startAt);
        if (startAt is { } later)
        {
            effects.Timer(later);
        }
        else
        {
            effects.Ready.Add(instance.InstanceId);
        }
    }
}
