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
        [("/usr/lib/postgresql", "", "bin"), ("/usr", "pgsql-", "bin")];

    /// <returns>The full path of the newest one that serves the server; else the one on the PATH.</returns>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BaseBackupToolMissing"/>.</exception>
    public static string Find(int serverMajor)
    {
        var versioned = Places.SelectMany(ByVersion)
            .Where(tool => tool.Major >= serverMajor && File.Exists(tool.Path))
            .OrderByDescending(tool => tool.Major)
            .Select(tool => tool.Path);
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "")
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

    private static IEnumerable<(int Major, string Path)> ByVersion((string Parent, string Prefix, string Below) place)
    {
        if (!Directory.Exists(place.Parent))
            yield break;
        foreach (var folder in Directory.EnumerateDirectories(place.Parent, place.Prefix + "*"))
        {
            var version = Path.GetFileName(folder)[place.Prefix.Length..];
            if (int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var major))
                yield return (major, Path.Combine(folder, place.Below, Name));
        }
    }
}
