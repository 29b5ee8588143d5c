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

    /// <summary>Gives the command its <c>--json</c> option and its action.</summary>
    public static Command WithAction(
        this Command command, Func<ParseResult, Terminal, CancellationToken, Task<ExitCode>> action)
    {
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON document" };
        command.Options.Add(json);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var terminal = new Terminal(arguments.GetValue(json));
            try
            {
                return (int)await action(arguments, terminal, cancellationToken);
            }
            catch (HighwaterException e)
            {
                terminal.Error(e.Code, e.Message);
                return (int)e.Code.ExitCode;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                terminal.Note("highwater: interrupted; run the same command again to go on");
                return Interrupted;
            }
        });
        return command;
    }
}
