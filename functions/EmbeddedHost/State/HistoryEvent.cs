namespace Highwater.EmbeddedHost.State;

/// <summary>One line of an orchestration's history, or a message that is about to become one.</summary>
internal sealed record HistoryEvent(EventKind Kind, DateTimeOffset At)
{
    /// <summary>The number of the orchestration's call that this schedules or answers.</summary>
    public int? TaskId { get; init; }

    /// <summary>The name of the activity, the orchestration or the external event.</summary>
    public string? Name { get; init; }

    /// <summary>JSON: an input, a result, a failure, a payload; of suspend and resume, the reason.</summary>
    public string? Data { get; init; }

    /// <summary>The instance that is started or sent to.</summary>
    public string? Target { get; init; }

    /// <summary>When a timer is due.</summary>
    public DateTimeOffset? FireAt { get; init; }
}
