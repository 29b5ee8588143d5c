using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>Tells the orchestration that started a sub-orchestration how it ended.</summary>
internal static class ParentNotice
{
    public static void Post(
        StateSession session, InstanceRow ended, TaskFailureDetails? failure, DateTimeOffset now, StepEffects effects)
    {
        if (ended.Parent is not { } parent)
        {
            return;
        }

        var kind = failure is null ? EventKind.SubOrchestrationCompleted : EventKind.SubOrchestrationFailed;
        var answer = new HistoryEvent(kind, now)
        {
            TaskId = parent.TaskId,
            Data = failure is null ? ended.Output : failure.ToJson(),
        };
        if (session.PostAnswer(parent.InstanceId, parent.ExecutionId, answer))
        {
            effects.Ready.Add(parent.InstanceId);
        }
    }
}
