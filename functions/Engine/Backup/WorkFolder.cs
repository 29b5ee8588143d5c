namespace Highwater.Engine.Backup;

/// <summary>
/// A folder for the temporary files of one run, removed with it. A run that was killed cannot remove its own, which
/// holds a whole cluster if that has tablespaces: the next run does, and knows by a file lock, which dies with its
/// holder, that nobody works there any more.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const string LockSuffix = ".lock";

    private readonly FileStream _lock;

    private WorkFolder(string path, FileStream @lock) => (Path, _lock) = (path, @lock);

    public string Path { get; }

    /// <summary>Makes one below <paramref name="parent"/>, which is created too, and removes those of the
    /// dead.</summary>
    /// <exception cref="IOException">The file system does not let it.</exception>
    public static WorkFolder Create(string parent)
    {
        Directory.CreateDirectory(parent);
        foreach (var path in Directory.EnumerateFiles(parent, "backup-*" + LockSuffix))
            RemoveIfDead(path);
        var name = System.IO.Path.Combine(parent, "backup-" + System.IO.Path.GetRandomFileName());
        var held = new FileStream(name + LockSuffix, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        Directory.CreateDirectory(name);
        return new WorkFolder(name, held);
    }

    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
    }

    private static void RemoveIfDead(string lockPath)
    {
        FileStream held;
        try
        {
            held = new FileStream(lockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            // Somebody works there, or has just finished.
            return;
        }

        using (held)
            Remove(lockPath[..^LockSuffix.Length]);
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        File.Delete(path + LockSuffix);
    }
}
