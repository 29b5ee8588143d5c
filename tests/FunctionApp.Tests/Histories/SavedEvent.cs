using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Highwater.EmbeddedHost.State;

namespace Highwater.FunctionApp.Tests.Histories;

/// <summary>One line of a history as it is saved: the same as in the state database, with the data as JSON.</summary>
internal sealed record SavedEvent(EventKind Kind, DateTimeOffset At)
{
    public int? TaskId { get; init; }

    public string? Name { get; init; }

    public JsonNode? Data { get; init; }

    public string? Target { get; init; }

    public DateTimeOffset? FireAt { get; init; }

    /// <summary>Whether the code made this call, as opposed to what happened to it.</summary>
    [JsonIgnore]
    public bool IsCall => Kind is EventKind.ActivityScheduled or EventKind.SubOrchestrationCreated
        or EventKind.TimerCreated or EventKind.EventSent;

    public static SavedEvent From(HistoryEvent entry) => new(entry.Kind, entry.At)
    {
        TaskId = entry.TaskId,
        Name = entry.Name,
        Data = WithoutStackTraces(entry.Data is { } json ? JsonNode.Parse(json) : null),
        Target = entry.Target,
        FireAt = entry.FireAt,
    };

    public HistoryEvent ToEvent() => new(Kind, At)
    {
        TaskId = TaskId,
        Name = Name,
        Data = Data?.ToJsonString(),
        Target = Target,
        FireAt = FireAt,
    };

    // They differ from machine to machine, and no orchestration may depend on them.
    private static JsonNode? WithoutStackTraces(JsonNode? data)
    {
        if (data is JsonObject details && details.ContainsKey("StackTrace"))
        {
            details["StackTrace"] = null;
            WithoutStackTraces(details["InnerFailure"]);
        }

        return data;
    }
}
