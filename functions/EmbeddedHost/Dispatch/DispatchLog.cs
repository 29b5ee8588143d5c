using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Dispatch;

internal static partial class DispatchLog
{
    [LoggerMessage(7101, LogLevel.Information, "Orchestration {Name} '{InstanceId}' completed")]
    public static partial void OrchestrationCompleted(ILogger logger, string name, string instanceId);

    [LoggerMessage(7102, LogLevel.Error, "Orchestration {Name} '{InstanceId}' failed: {Failure}")]
    public static partial void OrchestrationFailed(ILogger logger, string name, string instanceId, string failure);

    [LoggerMessage(
        7103, LogLevel.Error, "A step of orchestration '{InstanceId}' could not be run; again in {Seconds} s")]
    public static partial void StepFailed(ILogger logger, string instanceId, double seconds, Exception error);

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
}
