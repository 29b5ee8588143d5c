using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>One folder as it is on the server. What others left there (<c>lost+found</c>) is not an object.</summary>
/// <param name="Objects">The objects directly in the folder.</param>
/// <param name="Folders">The folders directly in it, as prefixes ending with a slash.</param>
internal sealed record SftpListing(IReadOnlyList<StorageEntry> Objects, IReadOnlyList<string> Folders)
{
    public static async Task<SftpListing> ReadAsync(
        SftpClient client, string path, string folder, Action alive, CancellationToken cancellationToken)
    {
        var objects = new List<StorageEntry>();
        var folders = new List<string>();
        try
        {
            await foreach (var found in client.ListDirectoryAsync(path, cancellationToken))
            {
                alive();
                if (!StorageKey.IsPart(found.Name))
                    continue;
                if (found.IsDirectory)
                    folders.Add(folder + found.Name + "/");
                else if (found.IsRegularFile)
                    objects.Add(new StorageEntry(folder + found.Name, found.Length, found.LastWriteTimeUtc));
            }
        }
        catch (SftpPathNotFoundException)
        {
            // The contract: a folder that is not there is empty.
            return new SftpListing([], []);
        }

        return new SftpListing(objects, folders);
    }
}
