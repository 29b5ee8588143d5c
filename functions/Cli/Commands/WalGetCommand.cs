using System.CommandLine;
using System.Globalization;
using Highwater.Cli.Output;
using Highwater.Engine.Errors;
using Highwater.Engine.Restore;
using Highwater.Engine.Restore.Prefetch;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Cli.Commands;

/// <summary>
/// <c>highwater wal-get</c>, the restore_command. Apart from the other verbs it ends with 0, 1 or something above 125:
/// what
/// lies between makes PostgreSQL end recovery early.
/// </summary>
public static class WalGetCommand
{
    public const string Name = "wal-get";

    /// <summary>What every trouble ends with.</summary>
    public const int Trouble = WalGetExitCode.Trouble;

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The file PostgreSQL asks for (%f)" };
        var destination = new Argument<string>("DEST") { Description = "Where it is to stand (%p)" };
        var timeline = TimelineOption();
        var noPrefetch = new Option<bool>("--no-prefetch")
        {
            Description = "Do not fetch the following segments ahead, in the background",
        };
        var repository = new RepositoryArguments();
        var command = new Command(
            Name,
            $"""
            Fetch one WAL file: the restore_command of a restored server.

            Every repository is asked in turn. Where a server in recovery calls it, the following segments are fetched
            ahead in the background and verified, into {PrefetchFolder.BelowDataDirectory}: at most 16 and 256 MiB.
            'highwater restore' writes a restore_command that takes them from there without starting this program.

            Example: restore_command = 'highwater wal-get %f %p --repository /srv/backups/main'

            Exit codes: 0 the file is there, 1 every repository answered that it has no such file, 200 every other case,
              so that PostgreSQL stops instead of ending recovery early.
            """)
        { name, destination, timeline, noPrefetch };
        var json = CommandAction.JsonOption();
        command.Options.Add(json);
        repository.AddTo(command).SetAction(async (arguments, token) =>
        {
            var terminal = new Terminal(arguments.GetValue(json));
            try
            {
                var chosen = repository.Choose(arguments);
                var file = arguments.GetValue(destination)!;
                var last = arguments.GetValue(timeline);
                await using var repositories = OpenRepositories.Of(chosen);
                var answer = await new AnswerRestoreCommand(
                    new FetchWal(repositories.Sources, NullLogger<FetchWal>.Instance, last),
                    arguments.GetValue(noPrefetch) ? null : PrefetchFolder.For(Environment.CurrentDirectory, file),
                    () => PrefetchProcess.Start(RestoreCommandLine.ThisProgram(), chosen, last))
                    .RunAsync(arguments.GetValue(name)!, file, token);
                if (answer.PrefetchTrouble is { } trouble)
                    terminal.Note($"highwater: the WAL after {answer.Name} is not fetched ahead: {trouble}");
                terminal.Result(answer);
                return WalGetExitCode.Of(answer.Outcome);
            }
            catch (Exception e)
            {
                // Whatever it is, known or not, recovery must not take it for the end of the archive.
                terminal.Error((e as HighwaterException)?.Code, e.Message);
                return Trouble;
            }
        });
        return command;
    }

    /// <summary>The option of wal-get and of what it starts.</summary>
    internal static Option<uint?> TimelineOption() => new("--timeline")
    {
        Description = "The timeline recovery is to end on (recovery_target_timeline, decimal). Nothing is given that "
            + "this timeline has left behind; without it, nothing of an unfinished segment that any has",
        HelpName = "NUMBER",
        CustomParser = result =>
        {
            if (uint.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number > 0)
                return number;
            result.AddError("--timeline takes a whole number from 1, in decimal: 10 for 0000000A.history");
            return null;
        },
    };
}
