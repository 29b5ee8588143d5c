namespace Microsoft.DurableTask;

/// <param name="InstanceId">The id of the new instance; a random one when null.</param>
/// <param name="StartAt">When it may start; at once when null.</param>
public record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
