using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Highwater.Engine.Restore;

/// <summary>
/// A file on its way: opened when its first chunk comes, closed when its last one has, read back and compared in
/// between. Chunks may come in any order and at the same time.
/// </summary>
/// <param name="entry">What it is to be.</param>
/// <param name="path">Where it is to stand.</param>
/// <param name="chunks">How many chunks are to come; those of zeros do not count, the file has them from the
/// start.</param>
internal sealed class RestoredFile(FileListEntry entry, string path, int chunks) : IDisposable
{
    private const int ReadBackBytes = 1 << 18;

    private readonly Lock _opening = new();
    private SafeFileHandle? _handle;
    private int _missing = chunks;

    public FileListEntry Entry => entry;

    /// <summary>Writes a chunk. True if it was the last: then the file is whole, verified and closed.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: the whole is not what was
    /// backed up.</exception>
    public bool Write(ReadOnlySpan<byte> plain, long offset)
    {
        RandomAccess.Write(Open(), plain, offset);
        if (Interlocked.Decrement(ref _missing) > 0)
            return false;
        Finish();
        return true;
    }

    /// <summary>Verifies and closes a file of which no chunk is to come.</summary>
    /// <exception cref="HighwaterException">As <see cref="Write"/>.</exception>
    public void Finish()
    {
        var file = Open();
        if (HashOf(file) != entry.Sha256)
            throw new HighwaterException(
                ErrorCodes.RepositoryDamaged,
                $"The restored file {path} does not have the SHA-256 {entry.Sha256} it was backed up with, though "
                + "each of its "
                + "chunks is right.",
                "run 'highwater verify', and restore another base backup meanwhile: 'highwater list' shows them");
        File.SetUnixFileMode(file, ModeOf(entry));
        File.SetLastWriteTimeUtc(file, entry.ModifiedAt.UtcDateTime);
        file.Dispose();
    }

    public void Dispose() => _handle?.Dispose();

    /// <summary>The permission bits of an entry.</summary>
    public static UnixFileMode ModeOf(FileListEntry entry) => (UnixFileMode)(Convert.ToInt32(entry.Mode, 8) & 0x1FF);

    private SafeFileHandle Open()
    {
        lock (_opening)
        {
            if (_handle is not null)
                return _handle;
            _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
            RandomAccess.SetLength(_handle, entry.Size);
            return _handle;
        }
    }

    private static Sha256Hash HashOf(SafeFileHandle file)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(ReadBackBytes);
        try
        {
            long offset = 0;
            for (int count; (count = RandomAccess.Read(file, buffer, offset)) > 0; offset += count)
                sha256.AppendData(buffer, 0, count);
            return new Sha256Hash(sha256.GetHashAndReset());
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
