using Microsoft.Extensions.Logging;

namespace Highwater.Cli.Output;

internal static partial class ServeLog
{
    [LoggerMessage(8001, LogLevel.Information, "Serving {Urls} for {Server}")]
    public static partial void Serving(ILogger logger, string urls, string server);

    [LoggerMessage(8002, LogLevel.Information, "Base backups: {BaseBackup}, WAL sync: {WalSync}, time zone: {Zone}")]
    public static partial void Schedules(ILogger logger, string baseBackup, string walSync, string zone);

    [LoggerMessage(8003, LogLevel.Information, "Repository {Name}: {Address}")]
    public static partial void Repository(ILogger logger, string name, string address);

    [LoggerMessage(
        8004, LogLevel.Warning,
        "There is no remote repository: set REMOTE_BACKUP_HOST to have a second copy elsewhere")]
    public static partial void NoRemoteRepository(ILogger logger);

    [LoggerMessage(
        8005, LogLevel.Information,
        "Stopping by {Signal}: what is unfinished goes on at the next start. A second signal ends at once")]
    public static partial void Stopping(ILogger logger, string signal);

    [LoggerMessage(8006, LogLevel.Warning, "Ended at once by a second {Signal}")]
    public static partial void EndedAtOnce(ILogger logger, string signal);

    [LoggerMessage(8007, LogLevel.Critical, "{Code} {Name}: {WhatHappened}\n  To fix it: {Remedy}")]
    public static partial void Failed(
        ILogger logger, string code, string name, string whatHappened, string remedy);
}
