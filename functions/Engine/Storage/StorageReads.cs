namespace Highwater.Engine.Storage;

/// <summary>Ways of reading that every storage gets from <see cref="IStorage.OpenReadAsync"/>.</summary>
public static class StorageReads
{
    /// <summary>Reads a whole object that is known to be small, such as a JSON record. Errors as
    /// OpenReadAsync.</summary>
    public static async Task<byte[]> ReadSmallAsync(
        this IStorage storage, string key, CancellationToken cancellationToken)
    {
        await using var stream = await storage.OpenReadAsync(key, null, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }

    /// <summary>
    /// The object as content to put elsewhere: opened anew for every attempt. Length and hash are what the caller knows
    /// them to be; the receiving storage refuses bytes that differ.
    /// </summary>
    public static ObjectContent AsContent(this IStorage storage, string key, long length, Sha256Hash hash) =>
        new(length, hash, async token => await storage.OpenReadAsync(key, null, token));
}
