namespace Highwater.EmbeddedHost.State;

/// <summary>What happened to an orchestration. The numbers are in every state database: never renumber.</summary>
internal enum EventKind
{
    /// <summary>The code was run because of the events that follow; its time is the orchestration's clock.</summary>
    EpisodeStarted = 1,
    ExecutionStarted = 2,
    ExecutionCompleted = 3,
    ExecutionFailed = 4,
    ExecutionTerminated = 5,
    ExecutionSuspended = 6,
    ExecutionResumed = 7,
    ExecutionRewound = 8,

    ActivityScheduled = 10,
    ActivityCompleted = 11,
    ActivityFailed = 12,

    SubOrchestrationCreated = 20,
    SubOrchestrationCompleted = 21,
    SubOrchestrationFailed = 22,

    TimerCreated = 30,
    TimerFired = 31,

    EventRaised = 40,
    EventSent = 41,
}
