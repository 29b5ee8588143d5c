using System.Text.Encodings.Web;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace Highwater.Cli.Output;

/// <summary>
/// What <c>serve</c> prints. As plain text the log stands below a few lines for the person who started it; as JSON
/// every line is an object of the log, the errors that keep it from starting as well.
/// </summary>
internal sealed class ServeOutput(LogOptions options, Terminal terminal) : IDisposable
{
    private const string Category = "Highwater.Serve";
    private const LogLevel Least = LogLevel.Information;

    private readonly ILoggerFactory _loggers = LoggerFactory.Create(logging => Configure(logging, options));

    private bool IsJson => options.Format == LogFormat.Json;

    private ILogger Log => _loggers.CreateLogger(Category);

    /// <summary>The log of the host and of everything in it.</summary>
    public static void Configure(ILoggingBuilder logging, LogOptions options)
    {
        // Requests are logged with their query, and a caller may have put the key there.
        logging.SetMinimumLevel(options.Level)
            .AddFilter("Microsoft.AspNetCore", AtLeastWarning(options.Level))
            .AddFilter("Microsoft.Extensions.Hosting", AtLeastWarning(options.Level))
            .AddFilter("Microsoft.Hosting", AtLeastWarning(options.Level));
        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

                // For logs, not for web pages: a quotation mark may stand as it is.
                console.JsonWriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
            });
        }
    }

    /// <summary>Logs the error that ends <c>serve</c>.</summary>
    public static void Fail(LogOptions options, HighwaterException error)
    {
        // Whatever the level: an error that ends the process must be seen. Disposed, so that the line is written.
        using var loggers = LoggerFactory.Create(logging => Configure(logging, options with { Level = Least }));
        ServeLog.Failed(
            loggers.CreateLogger(Category), error.Code.Code, error.Code.Name, error.WhatHappened, error.Remedy);
    }

    public void Serving(IReadOnlyList<string> addresses, HighwaterSettings settings)
    {
        var urls = string.Join(", ", addresses);
        var zone = TimeZoneInfo.Local.Id;
        if (IsJson)
            LogServing(urls, zone, settings);
        else
            PrintServing(urls, zone, settings);
    }

    public void Stopping(string signal) => ServeLog.Stopping(Log, signal);

    public void EndedAtOnce(string signal) => ServeLog.EndedAtOnce(Log, signal);

    public void Dispose() => _loggers.Dispose();

    private static LogLevel AtLeastWarning(LogLevel level) => level > LogLevel.Warning ? level : LogLevel.Warning;

    private void LogServing(string urls, string zone, HighwaterSettings settings)
    {
        ServeLog.Serving(Log, urls, settings.Postgres.ToString());
        ServeLog.Schedules(Log, settings.Schedules.BaseBackup, settings.Schedules.WalSync, zone);
        foreach (var repository in settings.Repositories)
            ServeLog.Repository(Log, repository.Name, repository.Address);
        if (settings.Repositories.Count == 1)
            ServeLog.NoRemoteRepository(Log);
    }

    private void PrintServing(string urls, string zone, HighwaterSettings settings)
    {
        var schedules = settings.Schedules;
        terminal.Line($"Serving {urls} for {settings.Postgres}");
        terminal.Line($"  base backups: {schedules.BaseBackup}   WAL sync: {schedules.WalSync}   time zone: {zone}");
        foreach (var repository in settings.Repositories)
            terminal.Line($"  repository {repository.Name}: {repository.Address}");
        if (settings.Repositories.Count == 1)
            terminal.Line("  no remote repository: set REMOTE_BACKUP_HOST to have a second copy elsewhere");
    }
}
