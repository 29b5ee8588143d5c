using System.Text.Json.Nodes;
using DurableTask.Core.History;
using Highwater.EmbeddedHost.Client;
using Highwater.EmbeddedHost.State;
using CoreEvent = DurableTask.Core.History.HistoryEvent;

namespace Highwater.EmbeddedHost.Http;

/// <summary>
/// An instance's history as the Durable HTTP API shows it: a call that was answered stands in its answer, with its name
/// and the time it was made, and the runs of the code are left out.
/// </summary>
internal static class HistoryJson
{
    public static JsonArray From(IEnumerable<CoreEvent> history, bool showInput, bool showOutput)
    {
        var lines = history.Cast<RecordedEvent>().ToList();
        var calls = lines.Where(IsCall).ToDictionary(line => line.Line.TaskId!.Value);
        var answered = lines.Where(IsAnswer).Select(line => line.Line.TaskId!.Value).ToHashSet();
        var shown = lines.Where(line => line.EventType != EventType.OrchestratorStarted
            && !(IsCall(line) && answered.Contains(line.Line.TaskId!.Value)));
        return new JsonArray([.. shown.Select(line => Show(line, calls, showInput, showOutput))]);
    }

    // A timer that fired stands beside its creation, as both say when.
    private static bool IsCall(RecordedEvent line) =>
        line.EventType is EventType.TaskScheduled or EventType.SubOrchestrationInstanceCreated;

    private static bool IsAnswer(RecordedEvent line) => line.EventType is EventType.TaskCompleted
        or EventType.TaskFailed or EventType.SubOrchestrationInstanceCompleted
        or EventType.SubOrchestrationInstanceFailed;

    private static JsonNode Show(
        RecordedEvent recorded, Dictionary<int, RecordedEvent> calls, bool showInput, bool showOutput)
    {
        var line = recorded.Line;
        var json = new JsonObject
        {
            ["EventType"] = recorded.EventType.ToString(),
            ["Timestamp"] = recorded.Timestamp,
        };
        if (IsAnswer(recorded) && calls.TryGetValue(line.TaskId!.Value, out var call))
        {
            json["ScheduledTime"] = call.Timestamp;
            json["FunctionName"] = call.Line.Name;
            AddInput(json, showInput, call.Line.Data);
        }

        Describe(json, line, showInput, showOutput);
        return json;
    }

    private static void Describe(JsonObject json, State.HistoryEvent line, bool showInput, bool showOutput)
    {
        switch (line.Kind)
        {
            case EventKind.ExecutionStarted:
                json["FunctionName"] = line.Name;
                AddInput(json, showInput, line.Data);
                break;
            case EventKind.ActivityScheduled or EventKind.SubOrchestrationCreated
                or EventKind.EventRaised or EventKind.EventSent:
                json["Name"] = line.Name;
                AddInput(json, showInput, line.Data);
                AddTarget(json, line.Target);
                break;
            case EventKind.ActivityCompleted or EventKind.SubOrchestrationCompleted:
                AddResult(json, showOutput, line.Data);
                break;
            case EventKind.ActivityFailed or EventKind.SubOrchestrationFailed:
                json["FailureDetails"] = InstanceStatus.Parse(line.Data);
                break;
            case EventKind.TimerCreated:
                json["FireAt"] = line.FireAt!.Value.UtcDateTime;
                break;
            case EventKind.TimerFired:
                json["FireAt"] = line.At.UtcDateTime;
                break;
            case EventKind.ExecutionCompleted:
                json["OrchestrationStatus"] = "Completed";
                AddResult(json, showOutput, line.Data);
                break;
            case EventKind.ExecutionFailed:
                json["OrchestrationStatus"] = "Failed";
                json["FailureDetails"] = InstanceStatus.Parse(line.Data);
                break;
            case EventKind.ExecutionTerminated:
                AddInput(json, showInput, line.Data);
                break;
            case EventKind.ExecutionSuspended or EventKind.ExecutionResumed or EventKind.ExecutionRewound:
                json["Reason"] = line.Data;
                break;
            default:
                break;
        }
    }

    private static void AddInput(JsonObject json, bool isShown, string? data)
    {
        if (isShown)
        {
            json["Input"] = data;
        }
    }

    private static void AddResult(JsonObject json, bool isShown, string? data)
    {
        if (isShown)
        {
            json["Result"] = InstanceStatus.Parse(data);
        }
    }

    private static void AddTarget(JsonObject json, string? target)
    {
        if (target is not null)
        {
            json["InstanceId"] = target;
        }
    }
}
