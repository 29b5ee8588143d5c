using System.CommandLine;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Cli.Commands;

/// <summary>The <c>--backup</c> option.</summary>
public static class BackupOption
{
    public static Option<string?> Create(string description) =>
        new("--backup") { Description = description, HelpName = "ID" };

    /// <summary>The id that was given, or null.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.UsageInvalid"/>: it is not an id.</exception>
    public static BackupId? Read(ParseResult arguments, Option<string?> option)
    {
        if (arguments.GetValue(option) is not { } text)
            return null;
        return BackupId.TryParse(text, out var id) ? id : throw new HighwaterException(
            ErrorCodes.UsageInvalid,
            $"'{text}' is not the id of a base backup.",
            "take an id such as 20261122T020000Z from 'highwater list'");
    }
}
