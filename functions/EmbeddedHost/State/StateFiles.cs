using System.Globalization;

namespace Highwater.EmbeddedHost.State;

/// <summary>The files of one state directory that hold the database and what was kept of it.</summary>
internal sealed class StateFiles(string directory)
{
    internal const string Name = "state.db";
    internal const string DamagedMark = ".corrupt-";
    internal const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";
    internal const int StampLength = 16;
    private const string CopyMark = ".before-";

    // Enough to look into what happened; a disk that goes bad slowly must not be filled with copies.
    private const int Kept = 3;

    // SQLite finds these by the name of the database: they keep it when both are moved.
    private static readonly string[] Companions = ["", "-wal", "-journal"];

    public string Directory => directory;

    public string Database => Path.Combine(directory, Name);

    /// <summary>Whether an earlier process left a database, whole or not.</summary>
    public bool Exist => File.Exists(Database) || LengthOf(Database + "-wal") > 0;

    /// <summary>
    /// Whether the file begins as every SQLite database does: https://www.sqlite.org/fileformat.html. A write version
    /// that SQLite does not know would only show as a database that cannot be written to.
    /// </summary>
    public bool HaveHeader
    {
        get
        {
            if (!File.Exists(Database))
            {
                return false;
            }

            Span<byte> start = stackalloc byte[20];
            using var file = File.OpenRead(Database);
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && start.StartsWith("SQLite format 3\0"u8) && start[18] <= 2 && start[19] <= 2;
        }
    }

    /// <summary>The copy made before the schema becomes <paramref name="version"/>.</summary>
    public string CopyBefore(int version) => Database + CopyMark + version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Moves the database out of the way, with its log, so that it can be looked into.</summary>
    /// <returns>Where it is now.</returns>
    public string SetAside(DateTimeOffset now)
    {
        var stamped = Database + DamagedMark + now.ToString(StampFormat, CultureInfo.InvariantCulture);
        var target = stamped;
        for (var tie = 2; Companions.Any(companion => File.Exists(target + companion)); tie++)
        {
            target = $"{stamped}-{tie}";
        }

        foreach (var companion in Companions.Where(end => File.Exists(Database + end)))
        {
            File.Move(Database + companion, target + companion);
        }

        // The index into the log, which SQLite makes again.
        File.Delete(Database + "-shm");

        KeepNewest(DamagedMark, path => path);
        return target;
    }

    public void KeepNewestCopies() => KeepNewest(CopyMark, VersionOf);

    private void KeepNewest<TKey>(string mark, Func<string, TKey> age)
    {
        var sets = System.IO.Directory.GetFiles(directory, Name + mark + "*")
            .GroupBy(path => Companions.Where(end => end != "" && path.EndsWith(end, StringComparison.Ordinal))
                .Aggregate(path, (shorter, end) => shorter[..^end.Length]))
            .OrderByDescending(set => age(set.Key));
        foreach (var path in sets.Skip(Kept).SelectMany(set => set))
        {
            File.Delete(path);
        }
    }

    private static int VersionOf(string copy) =>
        int.TryParse(copy.AsSpan(copy.LastIndexOf('-') + 1), CultureInfo.InvariantCulture, out var version)
            ? version
            : 0;

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
