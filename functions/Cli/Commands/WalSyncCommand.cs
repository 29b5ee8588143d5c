using System.CommandLine;
using Highwater.Cli.Orchestrations;
using Highwater.Cli.Output;
using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.FunctionApp.WalSync;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater wal-sync</c>.</summary>
public static class WalSyncCommand
{
    public static Command Create() => new Command(
        "wal-sync",
        """
        Bring the WAL in the spool into every repository now.

        Talks to a running 'highwater serve', or runs in this process. Exits with 1 if a damaged or foreign segment did
        not get in, or if WAL is lost and only a new base backup helps.

        Example: highwater wal-sync
        """).WithAction(RunAsync);

    private static async Task<ExitCode> RunAsync(
        ParseResult arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var configuration = Settings.Load();
        var settings = HighwaterSettings.Read(configuration);
        var run = new OrchestrationRun(configuration, settings, terminal);
        var progress = new WalSyncProgressLines(terminal);
        var outcome = await run.RunAsync<WalSyncOutcome>(
            WalSyncOrchestration.Name, progress.Report, cancellationToken, fromNowOn: true);
        terminal.Result(outcome);
        terminal.Line($"WAL: {outcome.Archived.Files} files, {new ByteCount(outcome.Archived.Bytes)} from the spool");
        foreach (var fault in outcome.Archived.Faults)
            terminal.Note($"highwater: {fault}");
        foreach (var repository in outcome.Repositories.Where(repository => repository.Error is null))
            terminal.Line($"  {repository.Repository}: {Describe(outcome, repository.Repository)}");
        if (outcome.Gap is { } gap)
            terminal.Note(DescribeGap(gap, outcome.BaseBackupBegun));
        var exitCode = run.Report(outcome.Repositories);
        var isIncomplete = outcome.Archived.Faults.Count > 0 || outcome.Gap is not null;
        return exitCode == ExitCode.Done && isIncomplete ? ExitCode.No : exitCode;
    }

    /// <summary>What is lost and what was done about it.</summary>
    /// <param name="gap">The WAL that is lost.</param>
    /// <param name="begun">Of the outcome.</param>
    public static string DescribeGap(FoundWalGap gap, bool? begun) =>
        $"highwater: WAL {gap.Missing} is lost: recovery from the base backups {string.Join(", ", gap.CutOff)} ends "
        + "before it.\n  To fix it: "
        + begun switch
        {
            true => "a base backup was begun; 'highwater serve' ends it, or you do: highwater backup",
            false => "a base backup runs already or was begun within the last hour, so none was begun now; to follow "
                + "it or to take one: highwater backup",
            null => "no base backup could be begun; once the trouble below is over: highwater backup",
        };

    private static string Describe(WalSyncOutcome outcome, string repository)
    {
        if (outcome.Replicated.FirstOrDefault(other => other.Repository == repository) is not { } other)
            return "up to date";
        var brought = other.Files == 0 ? "" : $", {other.Files} files, {new ByteCount(other.Bytes)} copied";
        return other.Remaining == 0
            ? $"up to date{brought}"
            : $"{other.Remaining} files, {new ByteCount(other.RemainingBytes)} still wait{brought}; "
            + "the next sync goes on";
    }
}
