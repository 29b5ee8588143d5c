using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Orchestrations;
using Highwater.Cli.Output;
using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Diagnostics.Checks;
using Highwater.Engine.Errors;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater check</c>.</summary>
public static class CheckCommand
{
    private const int DefaultTimeoutSeconds = 60;

    public static Command Create()
    {
        var timeout = new Option<int>("--timeout")
        {
            Description = $"How long to wait for the WAL segment in each repository (default: {DefaultTimeoutSeconds})",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => DefaultTimeoutSeconds,
        };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens is [var token]
                && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var seconds) || seconds < 1))
                result.AddError("--timeout takes a whole number of seconds from 1");
        });
        return new Command(
            "check",
            """
            Check every success criterion from end to end, and say what to do about those that are not met.

            Has a WAL segment closed on the server and waits until it is in each repository. Exits with 1 if a criterion
            fails; warnings alone exit with 0.

            Example: highwater check --timeout 120
            """)
        { timeout }.WithAction((arguments, terminal, token) => RunAsync(
            TimeSpan.FromSeconds(arguments.GetValue(timeout)), terminal, token));
    }

    private static async Task<ExitCode> RunAsync(
        TimeSpan timeout, Terminal terminal, CancellationToken cancellationToken)
    {
        var configuration = Settings.Load();
        var settings = HighwaterSettings.Read(configuration);
        await using var repositories = OpenRepositories.Of(settings.Repositories);
        var replicate = new ReplicateWal(TimeProvider.System, NullLogger<ReplicateWal>.Instance);
        var stream = new StreamWal(
            settings.Postgres, settings.Wal, settings.WalStream, replicate, TimeProvider.System,
            NullLogger<StreamWal>.Instance);
        var take = new TakeWal(
            settings.Wal,
            new ArchiveSpooledWal(settings.Wal, NullLogger<ArchiveSpooledWal>.Instance),
            new CatchUpWal(settings.Postgres, settings.WalStream, stream, TimeProvider.System));
        var probe = new ProbeWal(settings.Postgres, settings.Wal, take, replicate, TimeProvider.System);
        var check = new CheckInstallation(settings, repositories.Sources, probe, TimeProvider.System);
        var serve = new AwaitServe(settings.StatePath, TimeProvider.System, terminal.Note);
        var schedule = await ReadSchedule.RunAsync(configuration, serve, cancellationToken);
        var report = await check.RunAsync(schedule, timeout, cancellationToken);
        terminal.Result(report);
        foreach (var line in report.Lines)
            terminal.Verdict(line.Level, $"{Title(line)}: {line.Text}", line.Remedy);
        return report.Level == StatusLevel.Fail ? ExitCode.No : ExitCode.Done;
    }

    private static string Title(CheckLine line) =>
        line.Subject is null ? line.Criterion : $"{line.Criterion} ({line.Subject})";
}
