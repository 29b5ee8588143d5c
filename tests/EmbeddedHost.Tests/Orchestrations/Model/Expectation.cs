using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>What a scenario has to come to.</summary>
internal sealed record Expectation(
    OrchestrationRuntimeStatus Status,
    IReadOnlyList<string> Log,
    string? Failure,
    string? CustomStatus,
    IReadOnlyList<ExpectedEffect> Effects);
