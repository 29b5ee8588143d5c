using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(7001, LogLevel.Information, "Host started: {Functions} functions, state in {StateDirectory}")]
    public static partial void Started(ILogger logger, int functions, string stateDirectory);

    [LoggerMessage(7002, LogLevel.Information, "Serving {Url}")]
    public static partial void Serving(ILogger logger, string url);

    [LoggerMessage(7003, LogLevel.Information, "Host stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(7004, LogLevel.Information, "Running again {Count} activities that had not finished")]
    public static partial void ActivitiesResumed(ILogger logger, int count);

    [LoggerMessage(
        7005, LogLevel.Warning,
        "Activities still run {Seconds} s after they were cancelled; they run again at the next start")]
    public static partial void StopTimedOut(ILogger logger, double seconds);

    [LoggerMessage(7007, LogLevel.Information, "Interrupted by the stop")]
    public static partial void EndedByStop(ILogger logger, Exception error);

    [LoggerMessage(7006, LogLevel.Error, "A worker of the host failed and begins again in {Seconds} s")]
    public static partial void LoopFailed(ILogger logger, double seconds, Exception error);
}
