using System.CommandLine;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Cli.Commands;

/// <summary>
/// The options that choose repositories: a name from the settings, or an address that needs no settings at all.
/// </summary>
public sealed class RepositoryArguments
{
    public Option<string[]> Repository { get; } = new("--repository")
    {
        Description = "local, remote, a path, or sftp://user@host:port/path; may be given several times "
            + "(default: every repository of the settings)",
        HelpName = "NAME|PATH|URL",
    };

    public Option<string?> IdentityFile { get; } = new("--identity-file")
    {
        Description = "Private key for an sftp:// address",
        HelpName = "FILE",
    };

    public Option<string?> KnownHosts { get; } = new("--known-hosts")
    {
        Description = "known_hosts file for an sftp:// address; the host key must be in it",
        HelpName = "FILE",
    };

    /// <summary>Adds the options to a command.</summary>
    public Command AddTo(Command command)
    {
        command.Options.Add(Repository);
        command.Options.Add(IdentityFile);
        command.Options.Add(KnownHosts);
        return command;
    }

    /// <summary>The chosen repositories in the order they were named, or all of the settings.</summary>
    public IReadOnlyList<RepositoryOptions> Choose(ParseResult arguments)
    {
        var chosen = arguments.GetValue(Repository) ?? [];
        return chosen.Length == 0
            ? Settings.Read().Repositories
            : [.. chosen.Distinct().Select(
                text => IsAddress(text) ? FromAddress(arguments, text) : FromSettings(text))];
    }

    private static bool IsAddress(string text) => text.Contains('/', StringComparison.Ordinal);

    private static RepositoryOptions FromSettings(string name)
    {
        var all = Settings.Read().Repositories;
        return all.FirstOrDefault(repository => repository.Name == name) ?? throw new HighwaterException(
            ErrorCodes.UsageInvalid,
            $"The settings have no repository named '{name}'.",
            $"name one of {string.Join(", ", all.Select(r => r.Name))}, or give an address: "
            + "--repository /path or --repository sftp://user@host:22/path");
    }

    private RepositoryOptions FromAddress(ParseResult arguments, string address)
    {
        if (!address.Contains("://", StringComparison.Ordinal))
            return new RepositoryOptions(address, Path.GetFullPath(address));
        return new RepositoryOptions(
            address, address, FullPath(arguments, IdentityFile), FullPath(arguments, KnownHosts));
    }

    private static string FullPath(ParseResult arguments, Option<string?> option) =>
        arguments.GetValue(option) is { } path ? Path.GetFullPath(path) : throw new HighwaterException(
            ErrorCodes.UsageInvalid,
            $"An sftp:// address needs {option.Name}.",
            "add --identity-file ~/.ssh/id_ed25519 --known-hosts ~/.ssh/known_hosts");
}
