using System.CommandLine;
using Highwater.Cli.Output;
using Highwater.Engine.Errors;

namespace Highwater.Cli.Commands;

/// <summary>What every verb does alike: the <c>--json</c> option, errors printed with their remedy, exit
/// codes.</summary>
public static class CommandAction
{
    /// <summary>128 + SIGINT, as shells report an interrupted command.</summary>
    private const int Interrupted = 130;

    /// <summary>What the exit codes of every verb but wal-get mean; part of every help text.</summary>
    public const string ExitCodes =
        """
        Exit codes: 0 done, 1 the answer is no, 2 wrong usage or settings, 3 refused because it would not be safe,
          4 trouble outside (network, server, disk), 130 interrupted.
        """;

    /// <summary>Gives the command its <c>--json</c> option, its exit codes in the help, and its action.</summary>
    public static Command WithAction(
        this Command command, Func<ParseResult, Terminal, CancellationToken, Task<ExitCode>> action)
    {
        var json = JsonOption();
        command.Options.Add(json);
        command.Description += "\n\n" + ExitCodes;
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var terminal = new Terminal(arguments.GetValue(json));
            try
            {
                return (int)await action(arguments, terminal, cancellationToken);
            }
            catch (HighwaterException e)
            {
                terminal.Error(e);
                return (int)e.Code.ExitCode;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                terminal.Note("highwater: interrupted; run the same command again to go on");
                return Interrupted;
            }
#pragma warning disable CA1031 // Uncaught, it would end the process with a code that means something else.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var unexpected = new HighwaterException(
                    ErrorCodes.Unexpected,
                    $"Something went wrong that nobody thought of: {e.GetType().Name}: {e.Message}",
                    "check that HIGHWATER_STATE_PATH and the other paths of the settings are writable folders; "
                    + "if they are, report this with what the log says");
                terminal.Error(unexpected);
                return (int)unexpected.Code.ExitCode;
            }
        });
        return command;
    }

    /// <summary>The <c>--json</c> option of every verb.</summary>
    public static Option<bool> JsonOption() => new("--json") { Description = "Print the result as one JSON document" };
}
