namespace Microsoft.DurableTask;

/// <param name="InstanceId">The id of the new instance; a random one when null.</param>
/// <param name="StartAt">When it may start; at once when null.</param>
public record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// The statuses in which an instance of the same id keeps this one from starting; in every other status it is
    /// replaced. When null: those of an instance that has not finished.
    /// </summary>
    public IReadOnlyList<string>? DedupeStatuses { get; init; }
}
