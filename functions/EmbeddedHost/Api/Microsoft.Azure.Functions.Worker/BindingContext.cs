namespace Microsoft.Azure.Functions.Worker;

public abstract class BindingContext
{
    /// <summary>What the trigger knows by name; for an activity, <c>instanceId</c> is the orchestration's.</summary>
    public abstract IReadOnlyDictionary<string, object?> BindingData { get; }
}
