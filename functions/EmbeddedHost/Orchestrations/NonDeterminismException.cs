namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>The code of an orchestration does not do what its history says it did.</summary>
public sealed class NonDeterminismException(string orchestration, string instanceId, string expected, string actual)
    : InvalidOperationException(
        $"Orchestration '{orchestration}' (instance '{instanceId}') is not deterministic, or its code was changed "
        + $"while it ran: its history says {expected}, the code now made {actual}. "
        + "Take times, ids and results from the orchestration's context only; to be rid of the instance, terminate it "
        + "and start a new one.")
{
    public string Orchestration { get; } = orchestration;

    public string InstanceId { get; } = instanceId;
}
