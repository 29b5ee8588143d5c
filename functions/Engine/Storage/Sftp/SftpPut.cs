using Highwater.Engine.Errors;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// One put, over as many attempts as its connections need. Every attempt writes a temporary file of its own: the server
/// may still be writing what it received of the attempt before.
/// </summary>
internal sealed class SftpPut(SftpCalls calls, SftpHashing hashing, string key, ObjectContent content)
{
    private const long NearlyFullBytes = 1 << 20;

    private readonly List<string> _leftBehind = [];

    private string Root => calls.Options.Path;

    private string Folder => StorageKey.FolderOf(key);

    public async Task<PutOutcome> StoreAsync(SftpLease lease, CancellationToken cancellationToken)
    {
        await DiscardLeftBehindAsync(lease);
        if (await hashing.FindAsync(lease, key, content, cancellationToken) is { } found)
            return found;
        var temporary = await UploadAsync(lease, cancellationToken);
        if (await PublishAsync(lease, temporary, cancellationToken))
        {
            _leftBehind.Remove(temporary);
            return PutOutcome.Stored;
        }

        // Somebody else published meanwhile: theirs counts, if it is the same.
        await DiscardLeftBehindAsync(lease);
        return await hashing.FindAsync(lease, key, content, cancellationToken)
            ?? throw new SftpPathNotFoundException($"{key} appeared and vanished again while it was being published");
    }

    public async Task ReplaceAsync(SftpLease lease, CancellationToken cancellationToken)
    {
        await DiscardLeftBehindAsync(lease);
        var temporary = await UploadAsync(lease, cancellationToken);
        if (!await ReplaceByShellAsync(temporary, cancellationToken))
        {
            await lease.RunAsync($"replacing {key}", async client =>
            {
                await calls.Folders.EnsureAsync(client, Folder, cancellationToken);
                client.RenameFile(PathOf(temporary), PathOf(key), isPosix: true);
            }, cancellationToken);
        }

        _leftBehind.Remove(temporary);
    }

    /// <summary>
    /// Removes what failed attempts wrote, as far as the connection allows; the rest is garbage under tmp/.
    /// </summary>
    public async Task DiscardLeftBehindAsync(SftpLease lease)
    {
        foreach (var temporary in _leftBehind.ToList())
        {
            await lease.RunAsync(
                "removing a temporary file", client => DeleteAsync(client, PathOf(temporary)), CancellationToken.None);
            _leftBehind.Remove(temporary);
        }
    }

    private string PathOf(string name) => calls.Folders.PathOf(name);

    private async Task<string> UploadAsync(SftpLease lease, CancellationToken cancellationToken)
    {
        var temporary = StorageKey.NewTemporary();
        _leftBehind.Add(temporary);
        try
        {
            var (length, hash) = await lease.RunAsync($"storing {key}", async (client, alive) =>
            {
                await calls.Folders.EnsureAsync(client, StorageKey.FolderOf(temporary), cancellationToken);
                await using var source = await HashingReadStream.OpenAsync(content, cancellationToken, alive);
                await client.UploadFileAsync(
                    source, PathOf(temporary), canOverride: false, new UploadProgress(alive), cancellationToken);
                return (source.BytesRead, source.CurrentHash());
            }, cancellationToken);
            if (length != content.Length || hash != content.Hash)
                throw StorageErrors.Mismatch(calls.PlaceOf(key), content, length, hash);
            return temporary;
        }
        catch (SftpException fault)
        {
            var meaning = await ExplainAsync(lease, fault, cancellationToken);

            // SSH.NET leaves the file open at the server when a write fails. Only the end of the connection closes it,
            // and its space stays taken till then, unless the file is emptied: it has no other name yet.
            lease.Retire();
            await lease.RunAsync(
                "emptying a temporary file", client => EmptyAsync(client, PathOf(temporary)), CancellationToken.None);
            if (meaning is null)
                throw;
            throw meaning;
        }
    }

    /// <summary>
    /// The server's SFTP says "failure" to whatever it has no code for, a full disk among it. Null: it is not that.
    /// </summary>
    private async Task<HighwaterException?> ExplainAsync(
        SftpLease lease, SftpException fault, CancellationToken cancellationToken)
    {
        if (fault is SftpPathNotFoundException or SftpPermissionDeniedException)
            return null;
        var free = await FreeAsync(lease, cancellationToken);
        return free < Math.Max(content.Length, NearlyFullBytes) ? Full(free, fault) : null;
    }

    private Task<long?> FreeAsync(SftpLease lease, CancellationToken cancellationToken) => lease.RunAsync(
        "asking for free space",
        async (client, _) => (await SftpSpace.ReadAsync(client, Root, cancellationToken)).Free,
        cancellationToken);

    private TransientException Full(long? free, Exception? inner) =>
        StorageErrors.Full(calls.PlaceOf(key), Root, content.Length, free, inner);

    /// <summary>Makes the temporary file durable and gives it its name. False if the name is taken.</summary>
    private async Task<bool> PublishAsync(SftpLease lease, string temporary, CancellationToken cancellationToken)
    {
        if (await calls.Shell.IsUsableAsync(cancellationToken))
        {
            var flush = calls.Folders.ToFlush(Folder);
            var doing = $"publishing {key}";
            var result = await calls.Shell.RunAsync(
                doing, RemoteCommands.Publish(Root, temporary, key, flush), cancellationToken, content.Length);
            switch (result.ExitCode)
            {
                case 0:
                    calls.Folders.Flushed(Folder);
                    return true;
                case RemoteCommands.Taken:
                    return false;
                case RemoteCommands.OtherView:
                    calls.Shell.Disable();
                    break;
                case RemoteCommands.CannotLink when !result.SaysFull && !result.SaysDenied:
                    return await RenameAsync(lease, temporary, cancellationToken)
                        && await hashing.FindAsync(lease, key, content, cancellationToken) is not null;
                default:
                    throw result.SaysFull
                        ? Full(await FreeAsync(lease, cancellationToken), null)
                        : calls.Shell.Failed(doing, result);
            }
        }

        var stored = await hashing.ReadBackAsync(lease, temporary, cancellationToken);
        if (stored != content.Hash)
            throw StorageErrors.Mismatch(calls.PlaceOf(key), content, content.Length, stored);
        return await RenameAsync(lease, temporary, cancellationToken);
    }

    /// <summary>
    /// SSH_FXP_RENAME never overwrites (draft-ietf-secsh-filexfer-02, 6.5; OpenSSH does link and unlink).
    /// </summary>
    private Task<bool> RenameAsync(SftpLease lease, string temporary, CancellationToken cancellationToken) =>
        lease.RunAsync($"publishing {key}", async (client, _) =>
        {
            await calls.Folders.EnsureAsync(client, Folder, cancellationToken);
            try
            {
                await client.RenameFileAsync(PathOf(temporary), PathOf(key), cancellationToken);
                return true;
            }
            catch (SftpException fault) when (fault is not (SftpPathNotFoundException or SftpPermissionDeniedException))
            {
                if (await client.ExistsAsync(PathOf(key), cancellationToken))
                    return false;
                if (await SftpSpace.ReadAsync(client, Root,
                    cancellationToken) is { Free: < NearlyFullBytes and var free })
                    throw Full(free, fault);
                throw;
            }
        }, cancellationToken);

    private async Task<bool> ReplaceByShellAsync(string temporary, CancellationToken cancellationToken)
    {
        if (!await calls.Shell.IsUsableAsync(cancellationToken))
            return false;
        var doing = $"replacing {key}";
        var result = await calls.Shell.RunAsync(
            doing, RemoteCommands.Replace(Root, temporary, key, calls.Folders.ToFlush(Folder)), cancellationToken);
        if (result.ExitCode == RemoteCommands.OtherView)
        {
            calls.Shell.Disable();
            return false;
        }

        if (result.ExitCode != 0)
            throw calls.Shell.Failed(doing, result);
        calls.Folders.Flushed(Folder);
        return true;
    }

    private static async Task EmptyAsync(SftpClient client, string path)
    {
        try
        {
            var attributes = await client.GetAttributesAsync(path, CancellationToken.None);
            attributes.Size = 0;
            client.SetAttributes(path, attributes);
        }
        catch (SftpPathNotFoundException)
        {
            // It was never created.
        }
    }

    /// <summary>
    /// Removes the name only: after a lost answer the same file may be published under its key already.
    /// </summary>
    private static async Task DeleteAsync(SftpClient client, string path)
    {
        try
        {
            await client.DeleteFileAsync(path, CancellationToken.None);
        }
        catch (SftpPathNotFoundException)
        {
            // It was never created, or has been published.
        }
    }
}
