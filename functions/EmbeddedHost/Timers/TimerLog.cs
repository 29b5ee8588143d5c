using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Timers;

internal static partial class TimerLog
{
    [LoggerMessage(7201, LogLevel.Error, "The '{Function}' function is in error: {Reason}")]
    public static partial void InError(ILogger logger, string function, string reason);

    [LoggerMessage(7202, LogLevel.Error, "Timer function {Function} failed")]
    public static partial void Failed(ILogger logger, string function, Exception error);
}
