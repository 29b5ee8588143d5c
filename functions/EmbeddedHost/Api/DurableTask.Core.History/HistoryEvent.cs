namespace DurableTask.Core.History;

/// <summary>One thing that happened to an orchestration.</summary>
public abstract class HistoryEvent
{
    /// <summary>The number of the call that the event records; -1 for what answers a call, or is none.</summary>
    public int EventId { get; internal set; }

    public bool IsPlayed { get; set; }

    /// <summary>When it was recorded (UTC).</summary>
    public DateTime Timestamp { get; set; }

    public abstract EventType EventType { get; }
}
