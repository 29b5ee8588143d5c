namespace Microsoft.DurableTask;

/// <param name="OrchestrationContext">The orchestration that called.</param>
/// <param name="LastAttemptNumber">Counted from 1.</param>
/// <param name="LastFailure">What the last attempt failed with.</param>
/// <param name="TotalRetryTime">Since the first attempt was scheduled.</param>
/// <param name="CancellationToken">Never cancelled by this host.</param>
public record RetryContext(
    TaskOrchestrationContext OrchestrationContext,
    int LastAttemptNumber,
    TaskFailureDetails LastFailure,
    TimeSpan TotalRetryTime,
    CancellationToken CancellationToken);
