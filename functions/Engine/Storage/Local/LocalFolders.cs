using System.Collections.Concurrent;

namespace Highwater.Engine.Storage.Local;

/// <summary>
/// Creates folders as they are needed and makes their names durable: each folder from the root down is flushed once per
/// process, because a predecessor may have been killed between creating it and flushing it.
/// </summary>
internal sealed class LocalFolders(string root)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    /// <summary>Full path of a folder below the root (<c>packs/ab</c>; empty for the root), which is there when this
    /// returns.</summary>
    public string Ensure(string folder)
    {
        var path = Path.Combine(root, folder);
        if (!_durable.ContainsKey(folder))
        {
            if (folder.Length > 0)
                Ensure(StorageKey.FolderOf(folder));
            else
                CreateAbove(path);
            Create(path);
            _durable[folder] = true;
        }

        return path;
    }

    /// <summary>Forgets what is known, after somebody else removed a folder.</summary>
    public void Forget() => _durable.Clear();

    private static void CreateAbove(string path)
    {
        if (Path.GetDirectoryName(path) is { } parent && !Directory.Exists(parent))
        {
            CreateAbove(parent);
            Create(parent);
        }
    }

    private static void Create(string path)
    {
        var parent = Path.GetDirectoryName(path);
        var isNew = !Directory.Exists(path);
        Directory.CreateDirectory(path, OwnerOnly);

        if (parent is null)
            return;
        try
        {
            DurableFiles.SyncFolder(parent);
        }
        catch (UnauthorizedAccessException) when (!isNew)
        {
            // The folder above the root may be closed to us; a name in it that we did not make is not ours to flush.
        }
    }
}
