using DurableTask.Core.History;
using Highwater.EmbeddedHost.State;
using CoreEvent = DurableTask.Core.History.HistoryEvent;

namespace Highwater.EmbeddedHost.Client;

/// <summary>A line of the state database's history, as the client hands it out.</summary>
internal sealed class RecordedEvent : CoreEvent
{
    public RecordedEvent(State.HistoryEvent line)
    {
        Line = line;
        IsPlayed = true;
        Timestamp = line.At.UtcDateTime;
        var isCall = EventType is EventType.TaskScheduled or EventType.SubOrchestrationInstanceCreated
            or EventType.TimerCreated or EventType.EventSent;
        EventId = isCall ? line.TaskId!.Value : -1;
    }

    public State.HistoryEvent Line { get; }

    public override EventType EventType => Line.Kind switch
    {
        EventKind.EpisodeStarted => EventType.OrchestratorStarted,
        EventKind.ExecutionStarted => EventType.ExecutionStarted,

        // An end is one type; whether it was a good one is the status that it carries.
        EventKind.ExecutionCompleted or EventKind.ExecutionFailed => EventType.ExecutionCompleted,
        EventKind.ExecutionTerminated => EventType.ExecutionTerminated,
        EventKind.ExecutionSuspended => EventType.ExecutionSuspended,
        EventKind.ExecutionResumed => EventType.ExecutionResumed,
        EventKind.ExecutionRewound => EventType.ExecutionRewound,
        EventKind.ActivityScheduled => EventType.TaskScheduled,
        EventKind.ActivityCompleted => EventType.TaskCompleted,
        EventKind.ActivityFailed => EventType.TaskFailed,
        EventKind.SubOrchestrationCreated => EventType.SubOrchestrationInstanceCreated,
        EventKind.SubOrchestrationCompleted => EventType.SubOrchestrationInstanceCompleted,
        EventKind.SubOrchestrationFailed => EventType.SubOrchestrationInstanceFailed,
        EventKind.TimerCreated => EventType.TimerCreated,
        EventKind.TimerFired => EventType.TimerFired,
        EventKind.EventRaised => EventType.EventRaised,
        EventKind.EventSent => EventType.EventSent,
        _ => EventType.GenericEvent,
    };
}
