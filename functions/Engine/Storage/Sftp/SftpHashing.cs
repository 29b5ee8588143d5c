using System.Buffers;
using System.Security.Cryptography;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// SHA-256 of what lies on the server: computed there where a shell is allowed, else here from the bytes sent back.
/// </summary>
internal sealed class SftpHashing(SftpCalls calls)
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>The hash of an object, or null if there is none.</summary>
    public async Task<Sha256Hash?> HashAsync(SftpLease lease, string key, CancellationToken cancellationToken)
    {
        if (await LengthAsync(lease, key, cancellationToken) is not { } length)
            return null;
        return await HashThereAsync(RemoteCommands.Hash(calls.Options.Path, key), key, length, cancellationToken)
            ?? await ReadBackAsync(lease, key, cancellationToken);
    }

    /// <summary>What a put finds under its key: null if nothing is there, an error if other bytes are.</summary>
    public async Task<PutOutcome?> FindAsync(
        SftpLease lease, string key, ObjectContent content, CancellationToken cancellationToken)
    {
        if (await LengthAsync(lease, key, cancellationToken) is not { } length)
            return null;
        if (length != content.Length)
            throw StorageErrors.Conflict(calls.PlaceOf(key), length, null, content);

        // Who wrote it may have been killed before flushing; what we acknowledge must be durable.
        var folder = StorageKey.FolderOf(key);
        var command = RemoteCommands.SyncAndHash(calls.Options.Path, key, calls.Folders.ToFlush(folder));
        var hash = await HashThereAsync(command, key, length, cancellationToken)
            ?? await ReadBackAsync(lease, key, cancellationToken);
        return hash == content.Hash
            ? PutOutcome.AlreadyThere
            : throw StorageErrors.Conflict(calls.PlaceOf(key), length, hash, content);
    }

    /// <summary>Reads everything back.</summary>
    public Task<Sha256Hash> ReadBackAsync(SftpLease lease, string key, CancellationToken cancellationToken) =>
        lease.RunAsync($"reading {key} back", async (client, alive) =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = await client.OpenAsync(
                calls.Folders.PathOf(key), FileMode.Open, FileAccess.Read, cancellationToken);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                while (await file.ReadAsync(buffer, cancellationToken) is var count and > 0)
                {
                    hash.AppendData(buffer, 0, count);
                    alive();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            return new Sha256Hash(hash.GetHashAndReset());
        }, cancellationToken);

    /// <summary>Runs one of the hashing commands; null where there is no shell to run it.</summary>
    private async Task<Sha256Hash?> HashThereAsync(
        string command, string key, long length, CancellationToken cancellationToken)
    {
        if (!await calls.Shell.IsUsableAsync(cancellationToken))
            return null;
        var result = await calls.Shell.RunAsync($"hashing {key}", command, cancellationToken, length);
        if (result.ExitCode == RemoteCommands.OtherView)
        {
            // SFTP has just seen the file, the shell does not: they look at different file systems.
            calls.Shell.Disable();
            return null;
        }

        var words = result.LastLine.Split(' ');
        if (result.ExitCode != 0 || !Sha256Hash.TryParse(words[0], out var hash))
            throw calls.Shell.Failed($"hashing {key}", result);
        return hash;
    }

    private Task<long?> LengthAsync(SftpLease lease, string key, CancellationToken cancellationToken) =>
        lease.RunAsync<long?>($"looking at {key}", async (client, _) =>
        {
            try
            {
                var found = await client.GetAttributesAsync(calls.Folders.PathOf(key), cancellationToken);
                return found.IsRegularFile ? found.Size : null;
            }
            catch (SftpPathNotFoundException)
            {
                return null;
            }
        }, cancellationToken);
}
