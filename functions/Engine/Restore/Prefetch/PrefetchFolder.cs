using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>
/// Where segments lie that recovery will ask for: below pg_wal, so that taking one is a rename within a file system,
/// and where pg_basebackup and pg_verifybackup do not look and PostgreSQL minds only files with its own names
/// (sendDir in backup/basebackup.c, RemoveOldXlogFiles in access/transam/xlog.c). A segment has its name only once it
/// is whole, verified and on the disk, so that <c>restore_command</c> may take it by its name alone.
/// </summary>
/// <param name="dataDirectory">Of the server, absolute.</param>
public sealed class PrefetchFolder(string dataDirectory)
{
    /// <summary>The folder, seen from the data directory, where PostgreSQL runs <c>restore_command</c>.</summary>
    public const string BelowDataDirectory = "pg_wal/highwater-prefetch";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // What recovery wants segments and histories to be called (RestoreArchivedFile in access/transam/xlogarchive.c).
    private static readonly string[] Destinations = ["pg_wal/RECOVERYXLOG", "pg_wal/RECOVERYHISTORY"];

    private string Root { get; } = Path.Combine(dataDirectory, BelowDataDirectory);

    private string RequestPath => Path.Combine(Root, "next");

    /// <summary>
    /// The folder that serves a call of <c>wal-get</c>; null if the call is not of a server in recovery, but of
    /// pg_rewind or a person.
    /// </summary>
    /// <param name="workingDirectory">Where it was called.</param>
    /// <param name="destination">Where the file is to stand (%p).</param>
    public static PrefetchFolder? For(string workingDirectory, string destination) =>
        Destinations.Contains(Path.GetRelativePath(workingDirectory, Path.GetFullPath(destination, workingDirectory)))
        && RecoveryWatch.IsSetUp(workingDirectory)
            ? new PrefetchFolder(workingDirectory)
            : null;

    /// <summary>Gives a segment away, if it is there.</summary>
    /// <exception cref="IOException">It cannot be moved to the destination.</exception>
    public bool TryTake(WalSegmentName segment, string destination)
    {
        try
        {
            File.Move(PathOf(segment), destination, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Tells whoever fetches, now or soon, what is wanted. Makes the folder if need be.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public void Ask(PrefetchRequest request)
    {
        Directory.CreateDirectory(Root, OwnerOnly);
        EnsureOwn();
        File.WriteAllText(RequestPath, request.ToString());
    }

    /// <summary>Whether somebody fetches for this data directory.</summary>
    public bool IsHeld()
    {
        using var held = TryLock();
        return held is null;
    }

    /// <summary>Makes the caller the only one that fetches; null if another one does.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    internal IDisposable? TryHold()
    {
        EnsureOwn();
        return TryLock();
    }

    /// <summary>What is wanted; null if nobody has said so.</summary>
    internal PrefetchRequest? ReadRequest()
    {
        try
        {
            return PrefetchRequest.Parse(File.ReadAllText(RequestPath));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The segments that lie ready.</summary>
    internal IReadOnlyList<WalSegmentName> List() =>
        [.. from name in Directory.EnumerateFiles(Root).Select(Path.GetFileName)
            where WalSegmentName.TryParse(name, out _)
            select WalSegmentName.Parse(name)];

    /// <summary>Where a segment may stand until it is published.</summary>
    internal string DraftOf(WalSegmentName segment) => PathOf(segment) + ".draft";

    /// <summary>Flushes a whole and verified draft and gives it its name, in this order.</summary>
    internal void Publish(WalSegmentName segment)
    {
        using (var draft = File.OpenHandle(DraftOf(segment), access: FileAccess.ReadWrite))
            RandomAccess.FlushToDisk(draft);
        File.Move(DraftOf(segment), PathOf(segment), overwrite: true);
    }

    /// <summary>Removes a segment that nobody will ask for. Repeatable.</summary>
    internal void Remove(WalSegmentName segment) => File.Delete(PathOf(segment));

    /// <summary>Removes what one that was killed had not published.</summary>
    internal void RemoveDrafts()
    {
        foreach (var path in Directory.EnumerateFiles(Root))
        {
            if (path != RequestPath && !WalSegmentName.TryParse(Path.GetFileName(path), out _))
                File.Delete(path);
        }
    }

    /// <summary>Removes the folder with all its files.</summary>
    /// <exception cref="IOException">Something new has appeared in it meanwhile.</exception>
    internal void Clear()
    {
        if (!Directory.Exists(Root))
            return;
        foreach (var path in Directory.EnumerateFiles(Root))
            File.Delete(path);
        Directory.Delete(Root);
    }

    /// <summary>Bytes a user may still write on its file system.</summary>
    internal long FreeBytes() => new DriveInfo(Root).AvailableFreeSpace;

    private string PathOf(WalSegmentName segment) => Path.Combine(Root, segment.ToString());

    /// <summary>
    /// The lock is the operating system's and dies with its holder. It is on a file that is always there, because the
    /// folder goes away with all that is in it.
    /// </summary>
    private FileStream? TryLock()
    {
        try
        {
            return new FileStream(
                Path.Combine(dataDirectory, "PG_VERSION"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not FileNotFoundException and not DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void EnsureOwn()
    {
        if (new DirectoryInfo(Root).LinkTarget is { } target)
            throw new IOException($"{Root} is a link to {target}; WAL is fetched ahead only into a folder of its own.");
    }
}
