using System.Text.Json;
using Microsoft.DurableTask.Client;

namespace Highwater.Cli.Orchestrations;

/// <summary>An orchestration instance at one moment, the same whether it runs here or in another process.</summary>
/// <param name="Status">Where it is.</param>
/// <param name="CustomStatus">What it says of its progress; null if nothing.</param>
/// <param name="Output">Its result; of a failed one, a string with the reason.</param>
public sealed record OrchestrationSnapshot(
    OrchestrationRuntimeStatus Status, JsonElement? CustomStatus, JsonElement? Output)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public bool IsCompleted => Status is OrchestrationRuntimeStatus.Completed
        or OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated;

    /// <summary>The progress as <typeparamref name="T"/>, or null.</summary>
    public T? Progress<T>()
        where T : class => CustomStatus is { ValueKind: JsonValueKind.Object } status ? status.Deserialize<T>(
            Options) : null;

    /// <summary>The result of a completed instance.</summary>
    public T Result<T>()
        where T : class => Output?.Deserialize<T>(Options)
            ?? throw new InvalidOperationException("The orchestration completed without a result.");
}
