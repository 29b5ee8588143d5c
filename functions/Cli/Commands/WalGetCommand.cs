using System.CommandLine;
using Highwater.Cli.Output;
using Highwater.Engine.Errors;
using Highwater.Engine.Restore;
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
        var repository = new RepositoryArguments();
        var command = new Command(
            Name,
            """
            Fetch one WAL file: the restore_command of a restored server.

            Example: restore_command = 'highwater wal-get %f %p --repository /srv/backups/main'

            Exit codes: 0 the file is there, 1 every repository answered that it has no such file, 200 every other case,
              so that PostgreSQL stops instead of ending recovery early.
            """)
        { name, destination };
        var json = CommandAction.JsonOption();
        command.Options.Add(json);
        repository.AddTo(command).SetAction(async (arguments, token) =>
        {
            var terminal = new Terminal(arguments.GetValue(json));
            try
            {
                await using var repositories = OpenRepositories.Of(repository.Choose(arguments));
                var fetch = new FetchWal(repositories.Sources, NullLogger<FetchWal>.Instance);
                var outcome = await fetch.RunAsync(
                    arguments.GetValue(name)!, arguments.GetValue(destination)!, token);
                terminal.Result(new { name = arguments.GetValue(name), outcome });
                return WalGetExitCode.Of(outcome);
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
}
