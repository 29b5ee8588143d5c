using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Writes the <c>restore_command</c> of a restored server: self-contained, because PostgreSQL runs it with its own
/// environment in its data directory, perhaps long after and as another user.
/// </summary>
public static class RestoreCommandLine
{
    /// <summary>The command with every path absolute and every word quoted for sh; %f and %p are
    /// PostgreSQL's.</summary>
    /// <param name="program">The words that start this program; see <see cref="ThisProgram"/>.</param>
    /// <param name="repositories">Asked in this order.</param>
    public static string Of(IReadOnlyList<string> program, IReadOnlyList<RepositoryOptions> repositories)
    {
        var words = new List<string>(program.Select(Quote)) { "wal-get", "%f", "%p" };
        foreach (var repository in repositories)
        {
            words.Add("--repository");
            words.Add(Quote(IsUrl(repository.Address) ? repository.Address : Path.GetFullPath(repository.Address)));
        }

        Add(words, "--identity-file", repositories.Select(repository => repository.IdentityFile));
        Add(words, "--known-hosts", repositories.Select(repository => repository.KnownHosts));
        return Guard(program) + string.Join(' ', words);
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

    private static void Add(List<string> words, string option, IEnumerable<string?> paths)
    {
        var path = paths.FirstOrDefault(path => path is not null);
        if (path is null)
            return;
        words.Add(option);
        words.Add(Quote(Path.GetFullPath(path)));
    }

    private static bool IsUrl(string address) => address.Contains("://", StringComparison.Ordinal);
}
