using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>A file of an archive as it is stored there, checked, to be put into another one.</summary>
/// <param name="Content">The stored bytes.</param>
/// <param name="Sha256">Of a segment's plain bytes; null for a file that is not compressed.</param>
internal sealed record StoredWal(ObjectContent Content, Sha256Hash? Sha256)
{
    // Larger objects are read again for each purpose instead of being held in memory.
    private const long LargestInMemory = 64 << 20;

    /// <summary>Reads a file once, so that what is checked are the very bytes that are sent.</summary>
    /// <param name="source">The archive that has it.</param>
    /// <param name="file">Which one.</param>
    /// <param name="proof">What its stored bytes were found to be; if they are that still, they are not
    /// unpacked.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Errors.HighwaterException">As <see cref="WalArchive.OpenReadAsync"/>.</exception>
    public static async Task<StoredWal> ReadAsync(
        WalArchive source, WalArchiveEntry file, StoredWalProof? proof, CancellationToken cancellationToken)
    {
        var content = await OpenAsync(source, file, cancellationToken);
        if (!file.Name.IsCompressed)
        {
            await using var small = await content.OpenAsync(cancellationToken);
            await source.ReadSmallAsync(file.Name, small, cancellationToken);
            return new StoredWal(content, null);
        }

        if (content.Hash == proof?.StoredHash)
            return new StoredWal(content, proof.Sha256);
        await using var plain = await source.UnpackAsync(
            file.Name, await content.OpenAsync(cancellationToken), cancellationToken);
        await plain.CopyToAsync(Stream.Null, 1 << 17, cancellationToken);
        return new StoredWal(content, plain.Header.Sha256);
    }

    private static async Task<ObjectContent> OpenAsync(
        WalArchive source, WalArchiveEntry file, CancellationToken cancellationToken)
    {
        var storage = source.Repository.Storage;
        if (file.StoredBytes > LargestInMemory)
        {
            var key = RepositoryLayout.WalFile(file.Name);
            return storage.AsContent(key, file.StoredBytes, await storage.HashAsync(key, cancellationToken));
        }

        await using var stored = await source.OpenStoredAsync(file.Name, cancellationToken);
        var bytes = new MemoryStream((int)file.StoredBytes);
        await stored.CopyToAsync(bytes, 1 << 17, cancellationToken);
        return ObjectContent.FromBytes(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }
}
