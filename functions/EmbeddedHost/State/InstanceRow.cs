using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.State;

/// <summary>One orchestration instance, in its newest execution.</summary>
internal sealed record InstanceRow(string InstanceId, string ExecutionId, string Name)
{
    public OrchestrationRuntimeStatus Status { get; init; } = OrchestrationRuntimeStatus.Pending;

    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? CustomStatus { get; init; }

    public string? Failure { get; init; }

    public string? Tags { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public ParentRow? Parent { get; init; }

    public bool IsFinished => Status is OrchestrationRuntimeStatus.Completed
        or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;
}
