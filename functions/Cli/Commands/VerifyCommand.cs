using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Output;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater verify</c>.</summary>
public static class VerifyCommand
{
    public static Command Create()
    {
        var repository = new RepositoryArguments();
        var backup = BackupOption.Create("Verify only this base backup and its WAL (default: everything)");
        var repair = new Option<bool>("--repair")
        {
            Description = "Replace what is damaged from another repository of the settings",
        };
        var command = new Command(
            "verify",
            """
            Read everything in a repository again, hash it, and say which base backups can be restored.

            Exits with 1 if anything is damaged or missing, and if there is nothing to verify.

            Example: highwater verify --repository remote
            """)
        { backup, repair };
        return repository.AddTo(command).WithAction((arguments, terminal, token) => RunAsync(
            repository.Choose(arguments),
            new VerifyRequest(BackupOption.Read(arguments, backup)),
            arguments.GetValue(repair) ? Settings.Read().Repositories : [],
            terminal,
            token));
    }

    private static async Task<ExitCode> RunAsync(
        IReadOnlyList<RepositoryOptions> chosen,
        VerifyRequest request,
        IReadOnlyList<RepositoryOptions> repairSources,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        await using var repositories = OpenRepositories.Of([.. chosen.Union(repairSources)]);
        var verify = new VerifyRepository(TimeProvider.System, NullLogger<VerifyRepository>.Instance);
        var reports = new List<VerificationReport>();
        foreach (var options in chosen)
        {
            var repository = await repositories.OpenAsync(options.Name, cancellationToken);
            var source = repairSources.FirstOrDefault(other => other.Address != options.Address);
            var progress = new PercentLines($"  verifying {options.Name}", terminal);
            reports.Add(await verify.RunAsync(
                repository,
                request,
                source is null ? null : await repositories.OpenAsync(source.Name, cancellationToken),
                progress.Of<VerificationProgress>(now => (now.BytesDone, now.BytesTotal)),
                cancellationToken));
        }

        terminal.Result(reports);
        foreach (var report in reports)
            Print(report, terminal);
        return reports.All(report => report.Passed) ? ExitCode.Done : ExitCode.No;
    }

    private static void Print(VerificationReport report, Terminal terminal)
    {
        terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Repository}: {(report.Passed ? "good" : "NOT GOOD")}: {report.ObjectsChecked} objects, "
            + $"{new ByteCount(report.BytesHashed)} hashed in {new Duration(report.Elapsed)}"));
        foreach (var backup in report.Backups)
            terminal.Line($"  {backup.Id}  {(backup.Restorable ? "restorable" : "NOT restorable: " + backup.Reason)}");
        if (report.Backups.Count == 0)
            terminal.Line("  there is no base backup: run 'highwater backup'");
        foreach (var finding in report.Findings)
        {
            terminal.Line($"  {(finding.Repaired ? "repaired" : finding.Severity.ToString().ToLowerInvariant())}: "
                + $"{finding.Key}: {finding.Problem}");
            if (!finding.Repaired)
                terminal.Line($"    To fix it: {finding.Remedy}");
        }
    }
}
