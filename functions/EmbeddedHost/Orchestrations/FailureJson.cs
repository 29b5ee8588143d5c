using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>Failures as they are written to history.</summary>
internal static class FailureJson
{
    public static string ToJson(this TaskFailureDetails failure) => JsonData.Converter.Serialize(failure);

    public static TaskFailureDetails Parse(string? json) => JsonData.Converter.Deserialize<TaskFailureDetails>(json)
        ?? throw new InvalidOperationException("The history holds a failure without details.");
}
