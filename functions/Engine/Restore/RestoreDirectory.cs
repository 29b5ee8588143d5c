using System.Globalization;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// The data directory that is being restored and its tablespaces: empty at first, marked as incomplete until the end.
/// </summary>
internal sealed class RestoreDirectory
{
    /// <summary>Stands in the directory until it is whole.</summary>
    public const string Marker = "highwater-restore-incomplete";

    /// <summary>The file without which PostgreSQL does not start: restored last.</summary>
    public const string ControlFile = "global/pg_control";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Dictionary<string, string> _tablespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _moved = new(StringComparer.Ordinal);

    /// <param name="options">Names the directory.</param>
    /// <param name="backup">Names the tablespaces.</param>
    public RestoreDirectory(RestoreOptions options, BackupRecord backup)
    {
        Root = Path.GetFullPath(options.Directory);
        var map = options.TablespaceMap ?? new Dictionary<string, string>();
        foreach (var tablespace in backup.Tablespaces)
        {
            var location = map.GetValueOrDefault(tablespace.Location, tablespace.Location);
            EnsureAbsolute(location);
            var oid = tablespace.Oid.ToString(CultureInfo.InvariantCulture);
            _tablespaces[$"pg_tblspc/{oid}"] = location;
            if (location != tablespace.Location)
                _moved[oid] = location;
        }

        if (map.Keys.FirstOrDefault(old => backup.Tablespaces.All(t => t.Location != old)) is { } unknown)
            throw new HighwaterException(
                ErrorCodes.UsageInvalid,
                $"The base backup {backup.Id} has no tablespace at '{unknown}'. It has "
                + (backup.Tablespaces.Count == 0
                    ? "none."
                    : string.Join(", ", backup.Tablespaces.Select(tablespace => tablespace.Location)) + "."),
                "name the old location as the server knew it: --tablespace-map /mnt/old=/mnt/new");
    }

    /// <summary>Absolute.</summary>
    public string Root { get; }

    /// <summary>The data directory and every tablespace's.</summary>
    public IEnumerable<string> Trees => [Root, .. _tablespaces.Values];

    /// <summary>Creates the directories, or takes them if they are empty, and marks them.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RestoreTargetNotEmpty"/>.</exception>
    public void Prepare()
    {
        if (File.Exists(Path.Combine(Root, Marker)))
            throw NotEmpty(
                $"{Root} holds a restore that did not finish.",
                $"remove it and restore again: rm -rf {RestoreCommandLine.Quote(Root)}");
        foreach (var tree in Trees.Where(IsTaken))
            throw NotEmpty(
                tree == Root ? $"{tree} is not empty." : $"The tablespace directory {tree} is not empty.",
                tree == Root
                    ? "restore into a directory that does not exist yet: --to /var/lib/postgresql/15/restored"
                    : $"restore the tablespace elsewhere: --tablespace-map {tree}=/mnt/new");
        foreach (var tree in Trees)
        {
            Directory.CreateDirectory(tree, OwnerOnly);
            File.SetUnixFileMode(tree, OwnerOnly);
        }

        File.WriteAllText(
            Path.Combine(Root, Marker),
            "This directory is not whole: highwater was restoring into it when it stopped.\n");
        foreach (var (link, location) in _tablespaces)
        {
            Directory.CreateDirectory(Path.Combine(Root, "pg_tblspc"), OwnerOnly);
            File.CreateSymbolicLink(Path.Combine(Root, link), location);
        }
    }

    /// <summary>Where an entry of the file list is to stand; null for a tablespace's link, which stands
    /// already.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: it would leave the
    /// directory.</exception>
    public string? PathOf(FileListEntry entry)
    {
        if (entry.Path.Contains('\0', StringComparison.Ordinal)
            || entry.Path.Split('/').Any(part => part is "" or "." or ".."))
            throw new HighwaterException(
                ErrorCodes.RepositoryDamaged,
                $"The file list names '{entry.Path}', which leaves the data directory. Nothing was written there.",
                "run 'highwater verify', and restore from another repository: --repository remote");
        return _tablespaces.ContainsKey(entry.Path) ? null : Path.Combine(Root, entry.Path);
    }

    /// <summary>
    /// Tells recovery where moved tablespaces are: it makes the links anew from this file (read_tablespace_map in
    /// access/transam/xlogrecovery.c).
    /// </summary>
    /// <returns>Whether the file was changed.</returns>
    public bool RewriteTablespaceMap()
    {
        var path = Path.Combine(Root, "tablespace_map");
        if (_moved.Count == 0 || !File.Exists(path))
            return false;
        var lines = File.ReadAllText(path).Split('\n').Where(line => line.Length > 0).Select(line =>
            _moved.TryGetValue(line.Split(' ')[0], out var location)
                ? $"{line.Split(' ')[0]} {location.Replace("\\", "\\\\", StringComparison.Ordinal)}"
                : line);
        File.WriteAllText(path, string.Concat(lines.Select(line => line + "\n")));
        return true;
    }

    /// <summary>Flushes every file system that was written to.</summary>
    public void Flush()
    {
        foreach (var tree in Trees)
        {
            var path = Path.Combine(tree, "highwater-flush");
            using var file = File.OpenHandle(
                path, FileMode.Create, FileAccess.Write, options: FileOptions.DeleteOnClose);
            NativeFiles.SyncFileSystem(file, path);
        }
    }

    /// <summary>From here on the directory counts as whole.</summary>
    public void RemoveMarker() => File.Delete(Path.Combine(Root, Marker));

    private static bool IsTaken(string directory) =>
        File.Exists(directory)
        || (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any());

    private static void EnsureAbsolute(string location)
    {
        if (!Path.IsPathFullyQualified(location) || location.Contains('\n', StringComparison.Ordinal))
            throw new HighwaterException(
                ErrorCodes.UsageInvalid,
                $"The tablespace location '{location}' is not an absolute path.",
                "give absolute paths: --tablespace-map /mnt/old=/mnt/new");
    }

    private static HighwaterException NotEmpty(string whatHappened, string remedy) =>
        new(ErrorCodes.RestoreTargetNotEmpty, whatHappened + " Nothing was changed.", remedy);
}
