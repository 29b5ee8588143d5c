namespace Highwater.Engine.Storage;

/// <summary>Ways of putting that every storage gets from <see cref="IStorage.PutAsync"/>.</summary>
public static class StoragePuts
{
    /// <summary>
    /// Makes durable what is under a key. Its name can be seen before it is durable, and who published it may have been
    /// killed in between: a power cut would take it away again. Sends nothing. Repeatable.
    /// </summary>
    /// <exception cref="Errors.HighwaterException"><see cref="Errors.ErrorCodes.StorageObjectMissing"/>; any storage
    /// error.</exception>
    public static async Task SettleAsync(this IStorage storage, string key, CancellationToken cancellationToken)
    {
        var hash = await storage.HashAsync(key, cancellationToken);
        var length = (await storage.StatAsync(key, cancellationToken))?.Length ?? throw StorageErrors.Missing(key);
        await storage.PutAsync(key, storage.AsContent(key, length, hash), cancellationToken);
    }
}
