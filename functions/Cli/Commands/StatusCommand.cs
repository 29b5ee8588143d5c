using System.CommandLine;
using Highwater.Cli.Output;
using Highwater.EmbeddedHost;
using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater status</c>.</summary>
public static class StatusCommand
{
    public static Command Create() => new Command(
        "status",
        """
        Show the health of each repository, the spool and the server: to which moments each repository can be restored,
        how recent its recovery point is, where WAL is missing, and what still waits to be copied.

        Exits with 1 if something fails; a warning alone exits with 0.

        Example: highwater status
        """).WithAction(RunAsync);

    private static async Task<ExitCode> RunAsync(
        ParseResult arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var settings = Settings.Read();
        await using var repositories = OpenRepositories.Of(settings.Repositories);
        var report = await new ReadStatus(TimeProvider.System, settings.WalSource, settings.WalStream).RunAsync(
            repositories.Sources, settings.SpoolPath, settings.Postgres,
            StatusPace.Of(settings.Schedules, TimeProvider.System), cancellationToken);
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
