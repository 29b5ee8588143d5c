namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>What a step of the model comes to.</summary>
/// <param name="End">The second it ends; null when it waits for ever.</param>
/// <param name="Log">What it adds to the program's log, if it does not fail.</param>
internal sealed record Outcome(int? End, IReadOnlyList<string> Log)
{
    public static Outcome Never { get; } = new(null, []);

    /// <summary>What it failed with, as the one who catches it sees it.</summary>
    public string? Failure { get; init; }

    /// <summary>It failed as a call of an activity or a sub-orchestration, not by an exception of its own.</summary>
    public bool FailedAsTask { get; init; }

    /// <summary>How an instance that ends with this failure describes it.</summary>
    public string? FailureOfInstance => FailedAsTask ? Failures.OfTask + Failure : Failure;
}
