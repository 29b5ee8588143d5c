using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>What one run of an orchestration's code came to.</summary>
internal sealed record EpisodeResult(OrchestrationRuntimeStatus Status)
{
    /// <summary>What happened, in the order it goes into history, up to the code's new calls.</summary>
    public required IReadOnlyList<HistoryEvent> Happened { get; init; }

    /// <summary>The calls the code made for the first time.</summary>
    public IReadOnlyCollection<HistoryEvent> NewCalls { get; init; } = [];

    public string? Output { get; init; }

    public TaskFailureDetails? Failure { get; init; }

    public string? CustomStatus { get; init; }

    /// <summary>Set when the orchestration begins anew instead of ending.</summary>
    public Continuation? Continuation { get; init; }

    /// <summary>Events that go over to the new beginning.</summary>
    public IReadOnlyList<(string Name, string? Data)> KeptEvents { get; init; } = [];
}
