using System.CommandLine;
using Highwater.Engine.Errors;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater</c> itself: the verbs, and what happens on wrong usage.</summary>
public static class HighwaterCommand
{
    /// <summary>Runs one command line and gives the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = Create();

        // A verb's own help says everything; the overview has a line for each.
        foreach (var verb in root.Subcommands.Where(verb => verb.Name != arguments.FirstOrDefault()))
            verb.Description = verb.Description!.Split('\n')[0];
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
            return Refuse(parsed);
        var invocation = new InvocationConfiguration
        {
            // Activities are cancelled cleanly and run again at the next start; ten seconds is what they get. serve
            // keeps that limit by itself, and answers a second signal.
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == ServeCommand.Name
                ? null
                : TimeSpan.FromSeconds(10),
        };
        return await parsed.InvokeAsync(invocation);
    }

    /// <summary>The whole command line, for tests and help.</summary>
    public static RootCommand Create() => new(
        $"""
        Backs up PostgreSQL and proves that the backup can be restored.

        Settings come from environment variables or local.settings.json; restore and wal-get need none
        when --repository is an address.

        {CommandAction.ExitCodes}
        """)
    {
        ServeCommand.Create(),
        BackupCommand.Create(),
        WalSyncCommand.Create(),
        ListCommand.Create(),
        StatusCommand.Create(),
        CheckCommand.Create(),
        RestoreCommand.Create(),
        WalGetCommand.Create(),
        WalPrefetchCommand.Create(),
        VerifyCommand.Create(),
        PruneCommand.Create(),
    };

    private static int Refuse(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
            Console.Error.WriteLine($"highwater: {error.Message}");
        var command = parsed.CommandResult.Command;
        var name = command is RootCommand ? "highwater" : $"highwater {command.Name}";
        Console.Error.WriteLine($"  To fix it: '{name} --help' shows the options and an example");

        // wal-get speaks to PostgreSQL, which takes anything below 126 for the end of the archive.
        return command.Name == WalGetCommand.Name ? WalGetCommand.Trouble : (int)ExitCode.Usage;
    }
}
