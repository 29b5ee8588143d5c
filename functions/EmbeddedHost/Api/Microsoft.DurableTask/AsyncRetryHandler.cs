namespace Microsoft.DurableTask;

/// <summary>As <see cref="RetryHandler"/>; it may await durable timers of the context, and nothing else.</summary>
public delegate Task<bool> AsyncRetryHandler(RetryContext retryContext);
