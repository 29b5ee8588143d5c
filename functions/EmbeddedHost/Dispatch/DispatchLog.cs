using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Dispatch;

internal static partial class DispatchLog
{
    [LoggerMessage(7101, LogLevel.Information, "Orchestration {Name} '{InstanceId}' completed")]
    public static partial void OrchestrationCompleted(ILogger logger, string name, string instanceId);

    [LoggerMessage(7102, LogLevel.Error, "Orchestration {Name} '{InstanceId}' failed: {Failure}")]
    public static partial void OrchestrationFailed(ILogger logger, string name, string instanceId, string failure);

    [LoggerMessage(
        7103, LogLevel.Error,
        "A step of orchestration '{InstanceId}' could not be run (attempt {Attempt} of {Attempts}); again in "
        + "{Seconds} s")]
    public static partial void StepFailed(
        ILogger logger, string instanceId, int attempt, int attempts, double seconds, Exception error);

    [LoggerMessage(
        7104, LogLevel.Error,
        "The state database failed a step of orchestration '{InstanceId}'; again in {Seconds} s, until it works")]
    public static partial void StepWaits(ILogger logger, string instanceId, double seconds, Exception error);

    [LoggerMessage(
        7105, LogLevel.Critical,
        "Orchestration '{InstanceId}' is set to failed: its next step could not be run in {Attempts} attempts")]
    public static partial void InstanceGivenUp(ILogger logger, string instanceId, int attempts, Exception error);

    [LoggerMessage(
        7106, LogLevel.Critical,
        "Orchestration '{InstanceId}' cannot be carried on and could not be set to failed; again in {Seconds} s")]
    public static partial void NotGivenUp(ILogger logger, string instanceId, double seconds, Exception error);

    [LoggerMessage(7111, LogLevel.Warning, "Activity {Name} of '{InstanceId}' failed")]
    public static partial void ActivityFailed(ILogger logger, string name, string instanceId, Exception error);

    [LoggerMessage(
        7112, LogLevel.Information,
        "Activity {Name} of '{InstanceId}' was interrupted by the stop; it runs again at the next start")]
    public static partial void ActivityInterrupted(ILogger logger, string name, string instanceId);

    [LoggerMessage(
        7113, LogLevel.Error,
        "The result of activity {Name} of '{InstanceId}' could not be written; again in {Seconds} s")]
    public static partial void ResultNotWritten(
        ILogger logger, string name, string instanceId, double seconds, Exception error);

    [LoggerMessage(
        7114, LogLevel.Error,
        "The database refuses the result of activity {Name} of '{InstanceId}': it counts as failed")]
    public static partial void ResultRefused(ILogger logger, string name, string instanceId, Exception error);

    [LoggerMessage(
        7115, LogLevel.Error,
        "Activity {ActivityId} could not be begun (attempt {Attempt} of {Attempts}); again in {Seconds} s")]
    public static partial void ActivityNotBegun(
        ILogger logger, long activityId, int attempt, int attempts, double seconds, Exception error);

    [LoggerMessage(
        7116, LogLevel.Error, "The state database failed activity {ActivityId}; again in {Seconds} s, until it works")]
    public static partial void ActivityWaits(ILogger logger, long activityId, double seconds, Exception error);

    [LoggerMessage(
        7117, LogLevel.Critical,
        "Orchestration '{InstanceId}' is set to failed: its activity {ActivityId} could not be run in {Attempts} "
        + "attempts")]
    public static partial void ActivityGivenUp(
        ILogger logger, long activityId, string? instanceId, int attempts, Exception error);

    [LoggerMessage(
        7118, LogLevel.Critical,
        "Activity {ActivityId} cannot be run, and its orchestration could not be set to failed; again in {Seconds} s")]
    public static partial void ActivityNotGivenUp(ILogger logger, long activityId, double seconds, Exception error);

    [LoggerMessage(
        7121, LogLevel.Information, "Forgot {Count} orchestrations that finished more than {Days} days ago")]
    public static partial void HistoryForgotten(ILogger logger, int count, double days);
}
