namespace Microsoft.DurableTask;

/// <summary>
/// Says whether to try again. It runs in the orchestration, on every replay: it must be deterministic.
/// </summary>
public delegate bool RetryHandler(RetryContext retryContext);
