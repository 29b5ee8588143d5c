using System.Globalization;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore.Prefetch;

namespace Highwater.Engine.Restore;

/// <summary>
/// Writes the <c>restore_command</c> of a restored server: self-contained, because PostgreSQL runs it with its own
/// environment in its data directory, perhaps long after and as another user.
/// </summary>
public static class RestoreCommandLine
{
    /// <summary>
    /// A segment that was fetched ahead is taken by a rename, without starting the program: PostgreSQL runs the command
    /// in the data directory. Whatever hinders that is no matter, for the program follows.
    /// </summary>
    private const string TakePrefetched =
        $"test -f {PrefetchFolder.BelowDataDirectory}/%f"
        + $" && mv -f {PrefetchFolder.BelowDataDirectory}/%f %p 2>/dev/null && exit 0; ";

    /// <summary>The command with every path absolute and every word quoted for sh; %f and %p are
    /// PostgreSQL's.</summary>
    /// <param name="program">The words that start this program; see <see cref="ThisProgram"/>.</param>
    /// <param name="repositories">Asked in this order.</param>
    /// <param name="timeline">Which one recovery is to end on.</param>
    /// <param name="prefetch">Whether the following segments are to be fetched ahead.</param>
    public static string Of(
        IReadOnlyList<string> program,
        IReadOnlyList<RepositoryOptions> repositories,
        uint timeline,
        bool prefetch = true)
    {
        string[] call =
        [
            .. program.Select(Quote), "wal-get", "%f", "%p",
            .. TimelineWords(timeline), .. RepositoryWords(repositories).Select(Quote),
        ];
        return prefetch
            ? TakePrefetched + Guard(program) + string.Join(' ', call)
            : Guard(program) + string.Join(' ', [.. call, "--no-prefetch"]);
    }

    /// <summary>The option that names the timeline; nothing if that is not known.</summary>
    internal static IEnumerable<string> TimelineWords(uint? timeline) =>
        timeline is { } last ? ["--timeline", last.ToString(CultureInfo.InvariantCulture)] : [];

    /// <summary>The options that name the repositories, every path absolute, not quoted.</summary>
    internal static IEnumerable<string> RepositoryWords(IReadOnlyList<RepositoryOptions> repositories)
    {
        foreach (var repository in repositories)
        {
            yield return "--repository";
            yield return IsUrl(repository.Address) ? repository.Address : Path.GetFullPath(repository.Address);
        }

        foreach (var (option, path) in new[]
        {
            ("--identity-file", repositories.Select(r => r.IdentityFile).FirstOrDefault(path => path is not null)),
            ("--known-hosts", repositories.Select(r => r.KnownHosts).FirstOrDefault(path => path is not null)),
        })
        {
            if (path is null)
                continue;
            yield return option;
            yield return Path.GetFullPath(path);
        }
    }

    /// <summary>How this very process was started: an executable, or <c>dotnet</c> with the assembly.</summary>
    public static IReadOnlyList<string> ThisProgram()
    {
        var process = Environment.ProcessPath
            ?? throw new InvalidOperationException("This process does not know its own executable.");
        return Path.GetFileNameWithoutExtension(process) == "dotnet"
            ? [process, Path.GetFullPath(Environment.GetCommandLineArgs()[0])]
            : [process];
    }

    /// <summary>One word for sh, with each % doubled for PostgreSQL (documentation, <c>restore_command</c>).</summary>
    internal static string Quote(string word)
    {
        var escaped = word.Replace("%", "%%", StringComparison.Ordinal);
        if (escaped.Length > 0 && escaped.All(c => char.IsAsciiLetterOrDigit(c) || "%+,-./:=@_".Contains(c)))
            return escaped;
        return $"'{escaped.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>
    /// <c>dotnet</c> ends with 1 if the assembly it is to run is gone, which PostgreSQL would take for the end of the
    /// WAL. A missing executable ends with 127, which stops recovery.
    /// </summary>
    private static string Guard(IReadOnlyList<string> program) =>
        program.Count < 2 ? "" : $"test -e {Quote(program[1])} || exit {WalGetExitCode.Trouble}; ";

    private static bool IsUrl(string address) => address.Contains("://", StringComparison.Ordinal);
}
