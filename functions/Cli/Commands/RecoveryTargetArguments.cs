using System.CommandLine;
using Highwater.Engine.Restore;

namespace Highwater.Cli.Commands;

/// <summary>The options that say where recovery ends.</summary>
public sealed class RecoveryTargetArguments
{
    private readonly Option<string?> _time = new("--target-time")
    {
        Description = "Recover to a point in time, with its time zone: '2026-11-22 14:30:00+01'",
        HelpName = "TIME",
    };

    private readonly Option<string?> _lsn = new("--target-lsn")
    {
        Description = "Recover up to and including an LSN: 16/B374D848",
        HelpName = "LSN",
    };

    private readonly Option<string?> _xid = new("--target-xid")
    {
        Description = "Recover up to and including a transaction",
        HelpName = "XID",
    };

    private readonly Option<string?> _name = new("--target-name")
    {
        Description = "Recover to a restore point made by pg_create_restore_point()",
        HelpName = "NAME",
    };

    private readonly Option<bool> _immediate = new("--immediate")
    {
        Description = "Stop as soon as the base backup is consistent",
    };

    private readonly Option<string?> _timeline = new("--target-timeline")
    {
        Description = "latest (default), current, or a number",
        HelpName = "TIMELINE",
    };

    private readonly Option<string?> _action = new("--target-action")
    {
        Description = "What the server does there: promote (default), pause or shutdown",
        HelpName = "ACTION",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_time, _lsn, _xid, _name, _immediate, _timeline, _action])
            command.Options.Add(option);
    }

    /// <summary>The recovery target; the latest possible one if none was given.</summary>
    /// <exception cref="Engine.Errors.HighwaterException">It cannot be read; says how to write it.</exception>
    public RecoveryTarget Read(ParseResult arguments) => RecoveryTargetReader.Read(new RecoveryTargetOptions(
        arguments.GetValue(_time),
        arguments.GetValue(_lsn),
        arguments.GetValue(_xid),
        arguments.GetValue(_name),
        arguments.GetValue(_immediate),
        arguments.GetValue(_timeline),
        arguments.GetValue(_action)));
}
