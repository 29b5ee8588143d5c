using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.State;

internal static partial class StateLog
{
    [LoggerMessage(
        7301, LogLevel.Critical,
        "The state file {Path} is damaged and was set aside as {KeptAs}: {Reason}. A new one is begun. Orchestrations "
        + "that had not finished are forgotten, and so is the history; what they wrote elsewhere is untouched. Timers "
        + "start new ones at their times")]
    public static partial void SetAside(ILogger logger, string path, string keptAs, string reason);

    [LoggerMessage(
        7302, LogLevel.Error, "SQLite can go no further with the state file {Path}: it is opened anew and checked")]
    public static partial void OpenedAnew(ILogger logger, string path, Exception error);

    [LoggerMessage(
        7303, LogLevel.Information,
        "The schema of {Path} goes from version {From} to {To}; a copy from before is {Copy}")]
    public static partial void Migrating(ILogger logger, string path, int from, int to, string copy);
}
