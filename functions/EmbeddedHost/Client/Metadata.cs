using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

internal static class Metadata
{
    public static OrchestrationMetadata ToMetadata(this InstanceRow row, bool withData) =>
        new(row.Name, row.InstanceId)
        {
            RuntimeStatus = row.Status,
            CreatedAt = row.CreatedAt,
            LastUpdatedAt = row.UpdatedAt,
            DataConverter = withData ? JsonData.Converter : null,
            SerializedInput = withData ? row.Input : null,
            SerializedOutput = withData ? row.Output : null,
            SerializedCustomStatus = withData ? row.CustomStatus : null,
            FailureDetails = row.Failure is { } failure ? FailureJson.Parse(failure) : null,
            Tags = row.Tags is { } tags
                ? JsonData.Converter.Deserialize<Dictionary<string, string>>(tags)!
                : new Dictionary<string, string>(),
        };
}
