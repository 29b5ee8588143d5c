using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace Highwater.Engine.Storage.Local;

/// <summary>
/// Objects as files below a folder. Durable by fsync of file and folder; published by link(2), which never overwrites.
/// Files are created 0600 and folders 0700: what is in a backup is nobody else's business.
/// </summary>
public sealed class LocalStorage : IStorage
{
    private const int BufferBytes = 1 << 20;

    private readonly string _root;
    private readonly LocalFolders _folders;

    /// <param name="root">The folder; created by the first write. A relative path counts from the working
    /// directory.</param>
    public LocalStorage(string root)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _folders = new LocalFolders(_root);
    }

    /// <inheritdoc/>
    public string Address => _root;

    /// <inheritdoc/>
    public Task<PutOutcome> PutAsync(string key, ObjectContent content, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        ArgumentNullException.ThrowIfNull(content);
        return GuardAsync("storing", key, content.Length, async () =>
        {
            try
            {
                return await StoreAsync(key, content, cancellationToken);
            }
            catch (DirectoryNotFoundException)
            {
                // Somebody removed a folder under us: make it again, once.
                _folders.Forget();
                return await StoreAsync(key, content, cancellationToken);
            }
        });
    }

    /// <inheritdoc/>
    public Task ReplaceAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return GuardAsync("replacing", key, content.Length, async () =>
        {
            var temporary = await WriteTemporaryAsync(key, ObjectContent.FromBytes(content), cancellationToken);
            try
            {
                File.Move(temporary, PathOf(key), overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }

            DurableFiles.SyncFolder(_folders.Ensure(StorageKey.FolderOf(key)));
            return true;
        });
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string key, ByteRange? range, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return GuardAsync<Stream>("opening", key, 0, () =>
        {
            var file = Open(key);
            if (range is { } part)
            {
                if (part.Offset < 0 || part.Length < 0 || part.Offset + part.Length > file.Length)
                {
                    var length = file.Length;
                    file.Dispose();
                    throw StorageErrors.ShortRange(PathOf(key), part, length);
                }

                file.Position = part.Offset;
            }

            return Task.FromResult<Stream>(new LocalReadStream(file, range, _root));
        });
    }

    /// <inheritdoc/>
    public Task<StorageEntry?> StatAsync(string key, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return GuardAsync("looking at", key, 0, () => Task.FromResult(LocalListing.Entry(key, PathOf(key))));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageEntry> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StorageKey.ValidateFolder(prefix);
        var pending = new Stack<string>([prefix]);
        while (pending.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var listed = await GuardAsync(
                "listing", folder, 0, () => Task.FromResult(LocalListing.Read(_root, folder)));
            foreach (var entry in listed.Objects)
                yield return entry;
            foreach (var below in listed.Folders.Where(f => f != StorageKey.TemporaryFolder))
                pending.Push(below);
        }
    }

    /// <inheritdoc/>
    public Task<Sha256Hash> HashAsync(string key, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return GuardAsync("hashing", key, 0, async () =>
        {
            await using var file = Open(key);
            return new Sha256Hash(await SHA256.HashDataAsync(file, cancellationToken));
        });
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken)
    {
        StorageKey.Validate(key);
        return GuardAsync("deleting", key, 0, () =>
        {
            // File.Delete is silent about a missing file, not about a missing folder.
            var path = PathOf(key);
            if (File.Exists(path))
            {
                File.Delete(path);

                // The order of deletions must survive a power cut: a commit must not come back without what it names.
                DurableFiles.SyncFolder(Path.GetDirectoryName(path)!);
            }

            return Task.FromResult(true);
        });
    }

    /// <inheritdoc/>
    public Task<StorageFacts> DescribeAsync(CancellationToken cancellationToken) =>
        GuardAsync("describing", "", 0, () =>
        {
            _folders.Forget();
            var drive = new DriveInfo(_folders.Ensure(""));
            return Task.FromResult(new StorageFacts(
                Durability.Fsync, HashesRemotely: true, drive.AvailableFreeSpace, drive.TotalSize));
        });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<PutOutcome> StoreAsync(string key, ObjectContent content, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, content, cancellationToken) is { } found)
            return found;
        var temporary = await WriteTemporaryAsync(key, content, cancellationToken);
        try
        {
            if (DurableFiles.TryPublish(temporary, PathOf(key)))
            {
                DurableFiles.SyncFolder(_folders.Ensure(StorageKey.FolderOf(key)));
                return PutOutcome.Stored;
            }
        }
        finally
        {
            File.Delete(temporary);
        }

        // Somebody else published meanwhile: theirs counts, if it is the same.
        return await FindAsync(key, content, cancellationToken)
            ?? throw new IOException($"{PathOf(key)} appeared and vanished again while it was being published");
    }

    private string PathOf(string key) => Path.Combine(_root, key);

    private FileStream Open(string key) => new(PathOf(key), new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        Options = FileOptions.SequentialScan,
    });

    /// <summary>What a put finds under its key: null if nothing is there, an error if other bytes are.</summary>
    private async Task<PutOutcome?> FindAsync(string key, ObjectContent content, CancellationToken cancellationToken)
    {
        if (!File.Exists(PathOf(key)))
            return null;
        await using var file = Open(key);
        if (file.Length != content.Length)
            throw StorageErrors.Conflict(PathOf(key), file.Length, null, content);
        var hash = new Sha256Hash(await SHA256.HashDataAsync(file, cancellationToken));
        if (hash != content.Hash)
            throw StorageErrors.Conflict(PathOf(key), file.Length, hash, content);

        // Who wrote it may have been killed before flushing; what we acknowledge must be durable.
        RandomAccess.FlushToDisk(file.SafeFileHandle);
        DurableFiles.SyncFolder(_folders.Ensure(StorageKey.FolderOf(key)));
        return PutOutcome.AlreadyThere;
    }

    /// <summary>Writes and flushes a file under tmp/, and removes it again if anything is wrong with it.</summary>
    private async Task<string> WriteTemporaryAsync(string key, ObjectContent content,
        CancellationToken cancellationToken)
    {
        _folders.Ensure(StorageKey.FolderOf(key));
        var name = StorageKey.NewTemporary();
        _folders.Ensure(StorageKey.FolderOf(name));
        var temporary = PathOf(name);
        try
        {
            await using var source = await HashingReadStream.OpenAsync(content, cancellationToken);
            await using var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await CopyAsync(source, file, cancellationToken);
            if (source.BytesRead != content.Length || source.CurrentHash() != content.Hash)
                throw StorageErrors.Mismatch(PathOf(key), content, source.BytesRead, source.CurrentHash());
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            return temporary;
        }
        catch (Exception)
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
            throw;
        }
    }

    private static async Task CopyAsync(HashingReadStream source, FileStream file, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await source.ReadAsync(buffer, cancellationToken) is var count and > 0)
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<T> GuardAsync<T>(string doing, string key, long needed, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (SourceFaultException carrier)
        {
            ExceptionDispatchInfo.Throw(carrier.Fault);
            throw;
        }
        catch (Exception fault) when (LocalErrors.IsFileTrouble(fault))
        {
            _folders.Forget();
            throw LocalErrors.Translate(fault, doing, PathOf(key), _root, needed);
        }
    }
}
