namespace Microsoft.DurableTask;

/// <summary>Tries again after growing pauses; the pauses are durable timers.</summary>
public class RetryPolicy
{
    private static readonly TimeSpan DefaultMaxRetryInterval = TimeSpan.FromHours(1);

    /// <param name="maxNumberOfAttempts">Attempts in all, the first one included.</param>
    /// <param name="firstRetryInterval">The pause after the first failure.</param>
    /// <param name="backoffCoefficient">What each further pause is multiplied by.</param>
    /// <param name="maxRetryInterval">The longest pause; one hour when null.</param>
    /// <param name="retryTimeout">An attempt that fails later than this after the first one is the last; for ever when
    /// null.</param>
    public RetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNumberOfAttempts);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1);
        ThrowIfShorter(maxRetryInterval, firstRetryInterval, nameof(maxRetryInterval));
        ThrowIfShorter(retryTimeout, firstRetryInterval, nameof(retryTimeout));
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? DefaultMaxRetryInterval;
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    public int MaxNumberOfAttempts { get; }

    public TimeSpan FirstRetryInterval { get; }

    public double BackoffCoefficient { get; }

    public TimeSpan MaxRetryInterval { get; }

    public TimeSpan RetryTimeout { get; }

    /// <summary>What the retries ask: <see cref="HandleFailure"/>, of the details of a failed call.</summary>
    public Func<Exception, bool> Handle { get; private init; } = _ => true;

    /// <summary>Says of a failure whether to try again; everything is tried again when not set.</summary>
    public Func<TaskFailureDetails, bool> HandleFailure
    {
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            Handle = exception => value(
                exception is TaskFailedException failed
                    ? failed.FailureDetails
                    : TaskFailureDetails.FromException(exception));
        }
    }

    private static void ThrowIfShorter(TimeSpan? value, TimeSpan firstRetryInterval, string name)
    {
        if (value is { } given && given != Timeout.InfiniteTimeSpan && given < firstRetryInterval)
        {
            throw new ArgumentOutOfRangeException(name, value, "It cannot be shorter than the first retry interval.");
        }
    }
}
