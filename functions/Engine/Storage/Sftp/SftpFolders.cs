using System.Collections.Concurrent;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Which folders are there and flushed, and making those that are not. Folders are 0700, so that no other user of the
/// server can reach what is in them.
/// </summary>
internal sealed class SftpFolders(string root)
{
    private const short OwnerOnly = 700; // SSH.NET takes the octal digits as a decimal number.

    private readonly ConcurrentDictionary<string, bool> _present = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _durable = new(StringComparer.Ordinal);

    public string PathOf(string key) => key.Length == 0 ? root : root.TrimEnd('/') + "/" + key;

    public void Forget()
    {
        _present.Clear();
        _durable.Clear();
    }

    /// <summary>Makes a folder (empty: the root) and those above it where they are missing.</summary>
    public async Task EnsureAsync(SftpClient client, string folder, CancellationToken cancellationToken)
    {
        if (_present.ContainsKey(folder))
            return;
        await EnsurePathAsync(client, PathOf(folder), cancellationToken);
        _present[folder] = true;
    }

    /// <summary>
    /// The folders to flush after an object appeared in one, relative to the root: that one, and those above it that
    /// were not flushed yet by this process.
    /// </summary>
    public List<string> ToFlush(string folder)
    {
        var result = new List<string> { Relative(folder) };
        for (; folder.Length > 0; folder = StorageKey.FolderOf(folder))
        {
            if (!_durable.ContainsKey(folder))
                result.Add(Relative(StorageKey.FolderOf(folder)));
        }

        return result;
    }

    /// <summary>Remembers that a folder's own name, and the names of those above it, are on the device.</summary>
    public void Flushed(string folder)
    {
        for (; folder.Length > 0; folder = StorageKey.FolderOf(folder))
            _durable[folder] = true;
    }

    private static string Relative(string folder) => folder.Length == 0 ? "." : folder;

    private static async Task EnsurePathAsync(SftpClient client, string path, CancellationToken cancellationToken)
    {
        try
        {
            if ((await client.GetAttributesAsync(path, cancellationToken)).IsDirectory)
                return;
        }
        catch (SftpPathNotFoundException)
        {
            if (path.LastIndexOf('/') is var slash and > 0)
                await EnsurePathAsync(client, path[..slash], cancellationToken);
        }

        try
        {
            await client.CreateDirectoryAsync(path, cancellationToken);
            client.ChangePermissions(path, OwnerOnly);
        }
        catch (SftpException) when (IsFolder(client, path))
        {
            // Somebody else made it at the same moment.
        }
    }

    private static bool IsFolder(SftpClient client, string path) =>
        client.Exists(path) && client.GetAttributes(path).IsDirectory;
}
