using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Output;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater restore</c>.</summary>
public sealed class RestoreCommand
{
    private readonly RepositoryArguments _repository = new();
    private readonly RecoveryTargetArguments _target = new();
    private readonly Option<string?> _backup = BackupOption.Create(
        "Start from this base backup (default: the newest that ends before the target)");

    private readonly Option<string?> _directory = new("--to")
    {
        Description = "The new data directory: empty or not there yet",
        HelpName = "DIR",
    };

    private readonly Option<bool> _planOnly = new("--plan") { Description = "Only print what would be restored" };

    private readonly Option<string[]> _tablespaces = new("--tablespace-map")
    {
        Description = "Put a tablespace somewhere else; may be given several times",
        HelpName = "OLD=NEW",
    };

    private readonly Option<string?> _owner = new("--owner")
    {
        Description = "Who is to own the files when run as root (default: postgres)",
        HelpName = "USER[:GROUP]",
    };

    private readonly Option<bool> _noPrefetch = new("--no-prefetch")
    {
        Description = "Have the server fetch each WAL segment when it asks for it, and none ahead",
    };

    private RestoreCommand()
    {
    }

    public static Command Create()
    {
        var restore = new RestoreCommand();
        var command = new Command(
            "restore",
            """
            Restore a base backup into an empty directory, with recovery set up to the target.

            Needs one repository and nothing else: on a bare machine name it by its address. Every byte is verified.
            Starting PostgreSQL on the directory then fetches the WAL by itself, ahead of the recovery, and recovers to
            the target, or says why it cannot.

            Examples: highwater restore --to /var/lib/postgresql/15/restored
              highwater restore --to ./restored --target-time '2026-11-22 14:30:00+01' \
                --repository sftp://backup@host:22/srv/backups/main \
                --identity-file ~/.ssh/id_ed25519 --known-hosts ~/.ssh/known_hosts
            """)
        {
            restore._directory, restore._backup, restore._planOnly, restore._tablespaces, restore._owner,
            restore._noPrefetch,
        };
        restore._target.AddTo(command);
        return restore._repository.AddTo(command).WithAction(restore.RunAsync);
    }

    private async Task<ExitCode> RunAsync(ParseResult arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        // Everything that can be wrong with the words is said before anything is connected.
        var planOnly = arguments.GetValue(_planOnly);
        if (arguments.GetValue(_directory) is null && !planOnly)
            throw new HighwaterException(
                ErrorCodes.UsageInvalid,
                "restore needs a directory.",
                "add --to DIR, or --plan to see what would be restored");
        var target = _target.Read(arguments);
        var backup = BackupOption.Read(arguments, _backup);
        var tablespaces = ReadTablespaces(arguments.GetValue(_tablespaces) ?? []);
        var chosen = _repository.Choose(arguments);

        await using var repositories = OpenRepositories.Of(chosen);
        var plan = await new PlanRestore(repositories.Sources, NullLogger<PlanRestore>.Instance)
            .RunAsync(new RestoreRequest(target, backup), cancellationToken);
        Print(plan, terminal);
        if (planOnly)
        {
            terminal.Result(plan);
            return ExitCode.Done;
        }

        var options = new RestoreOptions(
            Path.GetFullPath(arguments.GetValue(_directory)!),
            RestoreCommandLine.Of(
                RestoreCommandLine.ThisProgram(), chosen, plan.WantedTimeline,
                prefetch: !arguments.GetValue(_noPrefetch)),
            tablespaces,
            arguments.GetValue(_owner));
        var progress = new PercentLines("  restoring", terminal).Of<RestoreProgress>(now => (now.BytesDone, now.Bytes));
        var outcome = await new RestoreBaseBackup(
            repositories.Sources, TimeProvider.System, NullLogger<RestoreBaseBackup>.Instance)
            .RunAsync(plan, options, progress, cancellationToken);
        terminal.Result(new { plan = Summary(plan), outcome });
        Print(outcome, terminal);
        return ExitCode.Done;
    }

    private static Dictionary<string, string> ReadTablespaces(IEnumerable<string> maps)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var map in maps)
        {
            var parts = map.Split('=', 2);
            if (parts.Length < 2 || !Path.IsPathRooted(parts[0]) || !Path.IsPathRooted(parts[1]))
                throw new HighwaterException(
                    ErrorCodes.UsageInvalid,
                    $"'{map}' does not say where a tablespace goes.",
                    "give two absolute paths: --tablespace-map /mnt/fast=/mnt/restored");
            result[parts[0]] = parts[1];
        }

        return result;
    }

    private static object Summary(RestorePlan plan) => new
    {
        plan.Repository,
        plan.Address,
        Backup = plan.Backup.Id,
        Target = plan.Target.ToString(),
        plan.Timeline,
        plan.WalSegments,
        plan.LastCommitAt,
    };

    private static void Print(RestorePlan plan, Terminal terminal)
    {
        terminal.Line($"Base backup {plan.Backup.Id} of repository {plan.Repository}, recovery to {plan.Target}");
        terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"  {plan.Files} files, {new ByteCount(plan.DatabaseBytes)}; up to {plan.WalSegments} WAL segments "
            + $"{plan.FirstSegment}..{plan.LastSegment}"));
        if (plan.LastCommitAt is { } lastCommit)
            terminal.Line(
                $"  the WAL of this repository ends with a commit at {RecoveryTarget.FormatTime(lastCommit)}");
    }

    private static void Print(RestoreOutcome outcome, Terminal terminal)
    {
        terminal.Line($"Restored {outcome.Files} files, {new ByteCount(outcome.Bytes)} into {outcome.Directory} "
            + $"in {new Duration(outcome.Elapsed)}"
            + (outcome.Owner is null ? "" : $", owned by {outcome.Owner}"));
        if (outcome.ReplacedChunks > 0)
            terminal.Line($"  {outcome.ReplacedChunks} chunks came from another repository: run 'highwater verify'");
        foreach (var notice in outcome.Notices)
            terminal.Line($"  {notice}");
    }
}
