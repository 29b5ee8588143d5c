using System.Text.RegularExpressions;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Whether archive_command hands WAL to the spool and tells the truth about it. Pure: it reads the command as
/// a shell would, without running it.</summary>
internal static partial class ArchiveCommandCriterion
{
    private const string Script = "archive-wal";
    private const string UsualPlace = "/usr/local/bin/" + Script;

    public static IEnumerable<CheckLine> Judge(ServerFacts server, string spoolPath)
    {
        if (server.ArchiveLibrary.Length > 0)
            return [Line(
                StatusLevel.Warn,
                $"archive_library is '{server.ArchiveLibrary}', so archive_command is not called.",
                "ALTER SYSTEM RESET archive_library; unless that library fills the spool")];
        var command = server.ArchiveCommand;
        var found = Find(command, spoolPath).ToList();
        return found.Count > 0 ? found : [Line(
            StatusLevel.Ok, $"archive_mode is {server.ArchiveMode} and archive_command calls {Script}.", null)];
    }

    private static IEnumerable<CheckLine> Find(string command, string spoolPath)
    {
        var remedy = Remedy(command, spoolPath);
        if (DoesNothing.IsMatch(command))
        {
            yield return Line(
                StatusLevel.Fail,
                $"archive_command does nothing and says it did: {command}. The server throws finished WAL away.",
                remedy);
            yield break;
        }

        if (Hides.IsMatch(command))
            yield return Line(
                StatusLevel.Fail,
                "archive_command hides failures from the server, which then throws away WAL that is nowhere else: "
                + command,
                remedy);
        if (!Calls.IsMatch(command))
        {
            yield return Line(
                StatusLevel.Warn, $"archive_command does not call {Script}: {command}", remedy);
            yield break;
        }

        if (!Arguments.IsMatch(command))
            yield return Line(
                StatusLevel.Fail,
                $"archive_command does not give {Script} the path and then the name, \"%p\" \"%f\": {command}",
                remedy);
        if (Silences.IsMatch(command))
            yield return Line(
                StatusLevel.Warn,
                $"archive_command throws away what {Script} prints, so that the server's log does not say why it "
                + $"fails: {command}",
                remedy);
        if (SpoolOf(command) is { } spool && Full(spool) != Full(spoolPath))
            yield return Line(
                StatusLevel.Warn,
                $"archive_command writes to {spool}, while WAL is taken from {spoolPath}.",
                $"{remedy} or set WAL_SPOOL_PATH={spool} here; where one folder has two names, nothing is to be done");
    }

    private static string Remedy(string command, string spoolPath)
    {
        var script = Calls.Match(command) is { Success: true } call ? call.Groups["path"].Value : UsualPlace;
        var spool = SpoolOf(command) is null ? "" : $"WAL_SPOOL_PATH={spoolPath} ";
        return $"ALTER SYSTEM SET archive_command = '{spool}{script} \"%p\" \"%f\"'; SELECT pg_reload_conf();";
    }

    private static string? SpoolOf(string command) =>
        Spool.Match(command) is { Success: true } match ? match.Groups["path"].Value : null;

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static CheckLine Line(StatusLevel level, string text, string? remedy) =>
        new("archiving", null, level, text, remedy);

    [GeneratedRegex("""^\s*((/usr)?/bin/)?(true|:|exit\s+0|cd\s+\.|echo\b[^;&|]*)\s*;?\s*(#.*)?$""")]
    private static partial Regex DoesNothing { get; }

    // What ends otherwise than the copy did: an alternative that succeeds, a later command, a pipe, the background.
    [GeneratedRegex(
        """\|\|\s*(\S*/)?(true|:|exit\s+0|echo)|;\s*(true|:|exit\s+0|echo)|%f[^;]*;\s*(?!fi|done|then|else)[^\s;]"""
        + """|(?<!\|)\|(?!\|)|(?<![&>])&(?![&>0-9])""")]
    private static partial Regex Hides { get; }

    [GeneratedRegex("""(?<path>[^\s"'=;|&]*\barchive-wal)["']?(?=\s|$)""")]
    private static partial Regex Calls { get; }

    [GeneratedRegex("""\barchive-wal["']?\s+["']?%p["']?\s+["']?%f["']?(?=[\s;|&>]|$)""")]
    private static partial Regex Arguments { get; }

    [GeneratedRegex("""(2|&)>{1,2}\s*/dev/null|>&?\s*/dev/null\s+2>&1""")]
    private static partial Regex Silences { get; }

    [GeneratedRegex("""\bWAL_SPOOL_PATH=["']?(?<path>[^\s"';]+)""")]
    private static partial Regex Spool { get; }
}
