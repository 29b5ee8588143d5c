using Highwater.Engine.Errors;
using Microsoft.DurableTask;

namespace Highwater.FunctionApp;

/// <summary>How often activities are tried again. Only what was thrown as transient is: the rest needs a
/// person.</summary>
public static class Retries
{
    /// <summary>For steps that are cheap to repeat: gives a restarting server or a broken line a quarter of a
    /// minute.</summary>
    public static TaskOptions Brief { get; } = With(new RetryPolicy(4, TimeSpan.FromSeconds(2), 2)
    {
        HandleFailure = failure => failure.IsCausedBy<TransientException>(),
    });

    /// <summary>
    /// For the base backup itself: gives a failed-over machine some minutes. A repeat reuses all finished packs but
    /// reads the whole server again, which a full disk does not repay: the operator is told at once, and the next run
    /// continues.
    /// </summary>
    public static TaskOptions Patient { get; } = With(new RetryPolicy(5, TimeSpan.FromSeconds(5), 3)
    {
        HandleFailure = failure => failure.IsCausedBy<TransientException>()
            && ErrorCodes.Parse(failure.ErrorMessage)?.Code != ErrorCodes.StorageFull,
    });

    private static TaskOptions With(RetryPolicy policy) => TaskOptions.FromRetryPolicy(policy);
}
