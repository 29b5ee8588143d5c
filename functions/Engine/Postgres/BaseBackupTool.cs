using System.Globalization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Finds pg_basebackup. It serves servers of its own major version and older ones (documentation, "pg_basebackup",
/// Notes).
/// </summary>
public static class BaseBackupTool
{
    private const string Name = "pg_basebackup";

    /// <summary>Where Debian and the PGDG packages for Red Hat keep the programs of each major version.</summary>
    private static readonly (string Parent, string Prefix, string Below)[] Places =
        [("usr/lib/postgresql", "", "bin"), ("usr", "pgsql-", "bin")];

    /// <returns>The full path of the server's own version, or of the next newer one; else of the one on the
    /// PATH.</returns>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BaseBackupToolMissing"/>.</exception>
    public static string Find(int serverMajor) =>
        Find(serverMajor, "/", Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <param name="serverMajor">Of the server to be backed up.</param>
    /// <param name="root">What the places are below: <c>/</c>.</param>
    /// <param name="searchPath">The PATH.</param>
    internal static string Find(int serverMajor, string root, string searchPath)
    {
        var versioned = Places.SelectMany(place => ByVersion(root, place))
            .Where(tool => tool.Major >= serverMajor && File.Exists(tool.Path))
            .OrderBy(tool => tool.Major)
            .Select(tool => tool.Path);
        var onPath = searchPath
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, Name))
            .Where(File.Exists);
        return versioned.Concat(onPath).FirstOrDefault() ?? throw Missing(serverMajor);
    }

    internal static HighwaterException Missing(int serverMajor, Exception? inner = null) => new(
        ErrorCodes.BaseBackupToolMissing,
        $"There is no pg_basebackup of version {serverMajor} or later in /usr/lib/postgresql/*/bin or on the PATH.",
        $"apt-get install postgresql-client-{serverMajor} (from apt.postgresql.org where Debian has no such version).",
        inner);

    private static IEnumerable<(int Major, string Path)> ByVersion(
        string root, (string Parent, string Prefix, string Below) place)
    {
        var parent = Path.Combine(root, place.Parent);
        if (!Directory.Exists(parent))
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(parent, place.Prefix + "*"))
        {
            var version = Path.GetFileName(folder)[place.Prefix.Length..];
            if (int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var major))
                yield return (major, Path.Combine(folder, place.Below, Name));
        }
    }
}
