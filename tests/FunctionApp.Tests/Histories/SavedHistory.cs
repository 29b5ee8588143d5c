using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests.Histories;

/// <summary>What the state database held of one orchestration instance that had ended.</summary>
internal sealed record SavedHistory(
    string Orchestration,
    string InstanceId,
    string ExecutionId,
    OrchestrationRuntimeStatus Status,
    JsonNode? Input,
    JsonNode? Output,
    JsonNode? Failure,
    IReadOnlyList<SavedEvent> Events)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    public static SavedHistory From(InstanceRow instance, IEnumerable<HistoryEvent> events)
    {
        var saved = events.Select(SavedEvent.From).ToList();
        var failed = instance.Status == OrchestrationRuntimeStatus.Failed;
        return new SavedHistory(
            instance.Name,
            instance.InstanceId,
            instance.ExecutionId,
            instance.Status,
            instance.Input is { } input ? JsonNode.Parse(input) : null,
            failed || instance.Output is null ? null : JsonNode.Parse(instance.Output),
            failed ? saved[^1].Data?.DeepClone() : null,
            saved);
    }

    public static SavedHistory Read(string path) =>
        JsonSerializer.Deserialize<SavedHistory>(File.ReadAllText(path), Options)!;

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Options) + "\n");

    /// <summary>The instance as it was stored while it ran.</summary>
    public InstanceRow ToRow() => new(InstanceId, ExecutionId, Orchestration)
    {
        Status = OrchestrationRuntimeStatus.Running,
        Input = Input?.ToJsonString(),
        CreatedAt = Events[0].At,
    };
}
