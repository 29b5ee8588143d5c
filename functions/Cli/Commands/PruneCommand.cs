using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Output;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Retention;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater prune</c>.</summary>
public static class PruneCommand
{
    public static Command Create()
    {
        var repository = new RepositoryArguments();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only print what would go" };
        var keep = new Option<int?>("--keep")
        {
            Description = "How many restorable base backups stay (default: BACKUP_RETENTION_COUNT)",
            HelpName = "N",
        };
        keep.Validators.Add(result =>
        {
            // The value itself cannot be asked for: reading a word as a number throws.
            if (result.Tokens is [var token]
                && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var count) || count < 1))
                result.AddError("--keep takes a whole number from 1: the last restorable base backup always stays");
        });
        var command = new Command(
            "prune",
            """
            Remove base backups beyond the number to keep, then WAL and packs that nothing needs any more.

            Every 'highwater backup' prunes by itself. The last restorable base backup always stays.

            Example: highwater prune --dry-run
            """)
        { dryRun, keep };
        return repository.AddTo(command).WithAction((arguments, terminal, token) => RunAsync(
            repository.Choose(arguments),
            arguments.GetValue(keep) ?? Settings.Read().RetentionCount,
            arguments.GetValue(dryRun),
            terminal,
            token));
    }

    private static async Task<ExitCode> RunAsync(
        IReadOnlyList<RepositoryOptions> chosen,
        int keep,
        bool dryRun,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        await using var repositories = OpenRepositories.Of(chosen);
        var prune = new PruneRepository(TimeProvider.System, NullLogger<PruneRepository>.Instance);
        var reports = new List<PruneReport>();
        foreach (var options in chosen)
        {
            var repository = await repositories.OpenAsync(options.Name, cancellationToken);
            reports.Add(await prune.RunAsync(repository, keep, dryRun, cancellationToken));
        }

        terminal.Result(reports);
        foreach (var report in reports)
            Print(report, terminal);
        return ExitCode.Done;
    }

    private static void Print(PruneReport report, Terminal terminal)
    {
        var plan = report.Plan;
        terminal.Line($"{report.Repository}: {(report.DryRun ? "would free" : "freed")} "
            + $"{new ByteCount(plan.FreedBytes)}: {plan.Backups.Count} base backups, {plan.Wal.Count} WAL files, "
            + $"{plan.Packs.Count} packs, {plan.Temporary.Count} temporary files; "
            + $"{plan.KeptBackups.Count} base backups stay");
        terminal.Line($"  {plan.Reason}");
        foreach (var backup in plan.Backups)
            terminal.Line($"  - base backup {backup}");
        if (!report.DryRun)
            return;
        foreach (var item in plan.Wal.Concat(plan.Packs).Concat(plan.Temporary))
            terminal.Line($"  - {item.Key}  {new ByteCount(item.Length)}");
    }
}
