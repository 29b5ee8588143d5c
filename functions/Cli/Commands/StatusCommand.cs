using System.CommandLine;
using Highwater.Cli.Output;
using Highwater.EmbeddedHost;
using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater status</c>.</summary>
public static class StatusCommand
{
    public static Command Create() => new Command(
        "status",
        """
        Show the health and the recovery point of each repository, the spool and the server.

        Exits with 1 if something fails; a warning alone exits with 0.

        Example: highwater status
        """).WithAction(RunAsync);

    private static async Task<ExitCode> RunAsync(
        ParseResult arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var settings = Settings.Read();
        await using var repositories = OpenRepositories.Of(settings.Repositories);
        var report = await new ReadStatus(TimeProvider.System).RunAsync(
            repositories.Sources, settings.SpoolPath, settings.Postgres,
            Recurrence.TryParse(settings.Schedules.BaseBackup, TimeZoneInfo.Local)!, cancellationToken);
        if (DamagedState.Find(settings.StatePath) is { } damaged)
            report = report with { Lines = [.. report.Lines, Describe(damaged)] };
        terminal.Result(report);
        foreach (var line in report.Lines)
            terminal.Verdict(line.Level, $"{line.Subject}: {line.Text}", line.Remedy);

        return report.Level == StatusLevel.Fail ? ExitCode.No : ExitCode.Done;
    }

    private static StatusLine Describe(DamagedState damaged) => new(
        StatusLevel.Warn,
        "state",
        $"a damaged state file was set aside on {damaged.At:yyyy-MM-dd HH:mm:ss}Z; orchestrations unfinished "
        + "then are forgotten; the repositories are not affected",
        $"check the disk under it, then delete {damaged.Path}*");
}
