using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Timers;

internal static partial class TimerLog
{
    [LoggerMessage(7201, LogLevel.Error, "The '{Function}' function is in error: {Reason}")]
    public static partial void InError(ILogger logger, string function, string reason);

    [LoggerMessage(7202, LogLevel.Error, "Timer function {Function} failed")]
    public static partial void Failed(ILogger logger, string function, Exception error);

    [LoggerMessage(7203, LogLevel.Information, "The '{Function}' function is disabled by the setting {Setting}")]
    public static partial void Disabled(ILogger logger, string function, string setting);

    [LoggerMessage(7204, LogLevel.Information, "Timer function {Function} runs {Schedule}; next at {Next}")]
    public static partial void Listening(ILogger logger, string function, ISchedule schedule, string next);

    [LoggerMessage(
        7205, LogLevel.Information, "Timer function {Function} was due at {Due} while nothing ran: it runs now")]
    public static partial void Missed(ILogger logger, string function, string due);

    [LoggerMessage(
        7206, LogLevel.Warning, "The clock was set back: timer function {Function} runs at {Next}, not at {Due}")]
    public static partial void ClockSetBack(
        ILogger logger, string function, string due, string next);

    [LoggerMessage(7207, LogLevel.Warning, "It could not be remembered when timer function {Function} ran")]
    public static partial void NotRemembered(ILogger logger, string function, Exception error);

    [LoggerMessage(
        7208, LogLevel.Warning,
        "TZ is '{Zone}', but no time zone of that name is installed: schedules go by UTC. Install the package tzdata, "
        + "or correct TZ")]
    public static partial void UnknownZone(ILogger logger, string zone);

    /// <summary>A moment as it stands in a log, for people and programs alike.</summary>
    public static string Text(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
