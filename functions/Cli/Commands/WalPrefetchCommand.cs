using System.CommandLine;
using Highwater.Cli.Output;
using Highwater.Engine.Errors;
using Highwater.Engine.Restore;
using Highwater.Engine.Restore.Prefetch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater wal-prefetch</c>, which wal-get starts.</summary>
public static class WalPrefetchCommand
{
    public static Command Create()
    {
        var timeline = WalGetCommand.TimelineOption();
        var repository = new RepositoryArguments();
        var command = new Command(
            "wal-prefetch",
            $"""
            Fetch the WAL ahead that a server in recovery will ask for; wal-get starts it.

            It works in the data directory, one process for each, and ends by itself: when recovery is over or stands
            still, or the repositories give no more. It lays verified segments into
            {PrefetchFolder.BelowDataDirectory} and removes them in the end.

            Example: highwater wal-prefetch --repository /srv/backups/main
            """)
        { timeline };
        return repository.AddTo(command).WithAction((arguments, terminal, token) =>
            RunAsync(repository, arguments, arguments.GetValue(timeline), terminal, token));
    }

    private static async Task<ExitCode> RunAsync(
        RepositoryArguments repository,
        ParseResult arguments,
        uint? timeline,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        var dataDirectory = Environment.CurrentDirectory;
        var watch = new RecoveryWatch(dataDirectory);
        await using var repositories = OpenRepositories.Of(repository.Choose(arguments));
        var prefetch = new PrefetchWal(
            new FetchWal(repositories.Sources, NullLogger<FetchWal>.Instance, timeline),
            new PrefetchFolder(dataDirectory),
            () => watch.IsRecovering,
            new PrefetchLimits(),
            TimeProvider.System,
            NullLogger<PrefetchWal>.Instance);
        var segments = await prefetch.RunAsync(cancellationToken);
        terminal.Line($"Fetched {segments} WAL segments ahead");
        terminal.Result(new { segments });
        return ExitCode.Done;
    }
}
