using System.Runtime.CompilerServices;
using Highwater.Engine.Errors;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Renci.SshNet.Common;

namespace Highwater.Engine.Storage.Sftp;

/// <summary>
/// Objects as files on any SSH server with SFTP. Where the server allows a shell, it flushes and hashes there; where it
/// only does SFTP, what was stored is read back. Publishing never overwrites on either. Connects at the first call.
/// </summary>
public sealed class SftpStorage : IStorage
{
    private const int FoldersAtOnce = 16;

    private readonly SftpCalls _calls;
    private readonly SftpHashing _hashing;

    public SftpStorage(SftpOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _calls = new SftpCalls(options, logger ?? NullLogger.Instance);
        _hashing = new SftpHashing(_calls);
    }

    /// <inheritdoc/>
    public string Address => _calls.Options.Address;

    /// <inheritdoc/>
    public async Task<PutOutcome> PutAsync(string key, ObjectContent content, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        ArgumentNullException.ThrowIfNull(content);
        var put = new SftpPut(_calls, _hashing, key, content);
        return await _calls.ExecuteAsync(
            $"storing {key}", key, (lease, token) => CleanlyAsync(put, lease, () => put.StoreAsync(lease, token)),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReplaceAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        var put = new SftpPut(_calls, _hashing, key, ObjectContent.FromBytes(content));
        return _calls.ExecuteAsync(
            $"replacing {key}", key, (lease, token) => CleanlyAsync(put, lease, async () =>
            {
                await put.ReplaceAsync(lease, token);
                return true;
            }), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, ByteRange? range, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return SftpReadStream.OpenAsync(_calls, key, range, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StorageEntry?> StatAsync(string key, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        var doing = $"looking at {key}";
        return _calls.ExecuteAsync(doing, key, (lease, token) =>
            lease.RunAsync<StorageEntry?>(doing, async (client, _) =>
        {
            try
            {
                var found = await client.GetAttributesAsync(_calls.Folders.PathOf(key), token);
                return found.IsRegularFile ? new StorageEntry(key, found.Size, found.LastWriteTimeUtc) : null;
            }
            catch (SftpPathNotFoundException)
            {
                return null;
            }
        }, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageEntry> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StorageKey.ValidateFolder(prefix);
        var pending = new Stack<string>([prefix]);
        while (pending.Count > 0)
        {
            // On a line of high latency one folder after the other would take minutes.
            var batch = new List<Task<SftpListing>>();
            while (batch.Count < FoldersAtOnce && pending.TryPop(out var folder))
                batch.Add(ListFolderAsync(folder, cancellationToken));
            foreach (var listed in await Task.WhenAll(batch))
            {
                foreach (var entry in listed.Objects)
                    yield return entry;
                foreach (var below in listed.Folders.Where(f => f != StorageKey.TemporaryFolder))
                    pending.Push(below);
            }
        }
    }

    /// <inheritdoc/>
    public Task<Sha256Hash> HashAsync(string key, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return _calls.ExecuteAsync(
            $"hashing {key}", key,
            async (lease, token) => await _hashing.HashAsync(lease, key, token)
                ?? throw StorageErrors.Missing(_calls.PlaceOf(key)),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        var doing = $"deleting {key}";
        return _calls.ExecuteAsync(doing, key, (lease, token) => lease.RunAsync(doing, async (client, _) =>
        {
            try
            {
                await client.DeleteFileAsync(_calls.Folders.PathOf(key), token);
            }
            catch (SftpPathNotFoundException)
            {
                // The contract: removing what is not there is success.
            }

            return true;
        }, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StorageFacts> DescribeAsync(CancellationToken cancellationToken) =>
        _calls.ExecuteAsync("looking at the folder", "", async (lease, token) =>
        {
            var space = await lease.RunAsync("looking at the folder", async (client, _) =>
            {
                _calls.Folders.Forget();
                await _calls.Folders.EnsureAsync(client, "", token);
                return await SftpSpace.ReadAsync(client, _calls.Options.Path, token);
            }, token);
            var hasShell = await _calls.Shell.IsUsableAsync(token);
            return new StorageFacts(hasShell ? Durability.Fsync : Durability.ReadBack, hasShell, space.Free,
                space.Total);
        }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _calls.DisposeAsync();

    private Task<SftpListing> ListFolderAsync(string folder, CancellationToken cancellationToken)
    {
        var doing = $"listing {folder}";
        var path = _calls.Folders.PathOf(folder.TrimEnd('/'));
        return _calls.ExecuteAsync(
            doing, folder,
            (lease, token) => lease.RunAsync(
                doing, (client, alive) => SftpListing.ReadAsync(client, path, folder, alive, token), token),
            cancellationToken);
    }

    /// <summary>
    /// Removes what a failed put left under tmp/ while the connection still stands, and makes folders again, once, that
    /// somebody removed under us.
    /// </summary>
    private async Task<T> CleanlyAsync<T>(SftpPut put, SftpLease lease, Func<Task<T>> work)
    {
        try
        {
            try
            {
                return await work();
            }
            catch (SftpPathNotFoundException)
            {
                _calls.Folders.Forget();
                return await work();
            }
        }
        catch (Exception fault) when (fault is not BrokenConnectionException
            && (fault as HighwaterException)?.Code != ErrorCodes.StorageUnreachable)
        {
            try
            {
                await put.DiscardLeftBehindAsync(lease);
            }
            catch (Exception second) when (second is BrokenConnectionException or HighwaterException or SshException)
            {
                // The first trouble is the one to tell; what stays under tmp/ is garbage that pruning removes.
            }

            throw;
        }
    }
}
