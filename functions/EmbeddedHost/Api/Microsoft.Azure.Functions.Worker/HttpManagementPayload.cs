namespace Microsoft.Azure.Functions.Worker;

/// <summary>Where an instance can be asked after and acted on. Its names are not camel case when it is sent.</summary>
public class HttpManagementPayload
{
    public string? Id { get; internal init; }

    public string? StatusQueryGetUri { get; internal init; }

    public string? SendEventPostUri { get; internal init; }

    public string? TerminatePostUri { get; internal init; }

    /// <summary>Null, as under the Azure Functions host.</summary>
    public string? RewindPostUri { get; internal init; }

    public string? PurgeHistoryDeleteUri { get; internal init; }

    /// <summary>Null, as under the Azure Functions host.</summary>
    public string? RestartPostUri { get; internal init; }

    public string? SuspendPostUri { get; internal init; }

    public string? ResumePostUri { get; internal init; }
}
