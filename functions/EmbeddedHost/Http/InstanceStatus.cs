using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>An instance as the Durable HTTP API shows it: data as JSON, times without fractions of a second.</summary>
internal sealed record InstanceStatus(
    string Name,
    string InstanceId,
    string RuntimeStatus,
    JsonNode? Input,
    JsonNode? CustomStatus,
    JsonNode? Output,
    string CreatedTime,
    string LastUpdatedTime)
{
    public static InstanceStatus From(OrchestrationMetadata instance, bool showInput) => new(
        instance.Name,
        instance.InstanceId,
        instance.RuntimeStatus.ToString(),
        showInput ? Json(instance.SerializedInput) : null,
        Json(instance.SerializedCustomStatus),
        Json(instance.SerializedOutput),
        Time(instance.CreatedAt),
        Time(instance.LastUpdatedAt));

    private static string Time(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // The output of a failed instance and the reason of a suspended one are plain text.
    private static JsonNode? Json(string? data)
    {
        if (data is null)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(data);
        }
        catch (JsonException)
        {
            return JsonValue.Create(data);
        }
    }
}
