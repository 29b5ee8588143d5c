namespace Highwater.Engine.Storage.Local;

/// <summary>One folder as it is on disk. What others left there (<c>lost+found</c>, editor backups) is not an
/// object.</summary>
/// <param name="Objects">The objects directly in the folder.</param>
/// <param name="Folders">The folders directly in it, as prefixes ending with a slash.</param>
internal sealed record LocalListing(IReadOnlyList<StorageEntry> Objects, IReadOnlyList<string> Folders)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    public static LocalListing Read(string root, string folder)
    {
        var objects = new List<StorageEntry>();
        var folders = new List<string>();
        var directory = new DirectoryInfo(Path.Combine(root, folder));
        try
        {
            foreach (var found in directory.EnumerateFileSystemInfos("*", Everything))
            {
                if (!StorageKey.IsPart(found.Name))
                    continue;
                if (found is DirectoryInfo && found.LinkTarget is null)
                    folders.Add(folder + found.Name + "/");
                else if (Entry(folder + found.Name, found.FullName) is { } entry)
                    objects.Add(entry);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // The contract: a folder that is not there is empty.
            return new LocalListing([], []);
        }

        return new LocalListing(objects, folders);
    }

    /// <summary>The object at a path, or null if there is none: nothing, or a folder.</summary>
    public static StorageEntry? Entry(string key, string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new StorageEntry(key, file.Length, file.LastWriteTimeUtc) : null;
    }
}
