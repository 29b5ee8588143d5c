using Highwater.Engine.Storage;

namespace Highwater.TestKit.Storage;

/// <summary>A storage that fails on the calls a test chooses. Faults only: the bytes are kept by the storage
/// beneath.</summary>
public sealed class FaultyStorage(IStorage inner) : IStorage
{
    /// <summary>Asked before every call with the method's name and the key; what it returns is thrown. Null lets the
    /// call through.</summary>
    public Func<string, string, Exception?> Fault { get; set; } = (_, _) => null;

    /// <summary>Asked after every call that succeeded: what it returns is thrown though the work is done, as when an
    /// answer is lost.</summary>
    public Func<string, string, Exception?> LostAnswer { get; set; } = (_, _) => null;

    public string Address => inner.Address;

    public Task<PutOutcome> PutAsync(string key, ObjectContent content, CancellationToken cancellationToken) =>
        CallAsync(nameof(PutAsync), key, () => inner.PutAsync(key, content, cancellationToken));

    public Task ReplaceAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        CallAsync(nameof(ReplaceAsync), key, async () =>
        {
            await inner.ReplaceAsync(key, content, cancellationToken);
            return true;
        });

    public Task<Stream> OpenReadAsync(string key, ByteRange? range, CancellationToken cancellationToken) =>
        CallAsync(nameof(OpenReadAsync), key, () => inner.OpenReadAsync(key, range, cancellationToken));

    public Task<StorageEntry?> StatAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(nameof(StatAsync), key, () => inner.StatAsync(key, cancellationToken));

    public async IAsyncEnumerable<StorageEntry> ListAsync(
        string prefix,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIf(Fault(nameof(ListAsync), prefix));
        await foreach (var entry in inner.ListAsync(prefix, cancellationToken))
            yield return entry;
        ThrowIf(LostAnswer(nameof(ListAsync), prefix));
    }

    public Task<Sha256Hash> HashAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(nameof(HashAsync), key, () => inner.HashAsync(key, cancellationToken));

    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(nameof(DeleteAsync), key, async () =>
        {
            await inner.DeleteAsync(key, cancellationToken);
            return true;
        });

    public Task<StorageFacts> DescribeAsync(CancellationToken cancellationToken) =>
        CallAsync(nameof(DescribeAsync), "", () => inner.DescribeAsync(cancellationToken));

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<T> CallAsync<T>(string method, string key, Func<Task<T>> call)
    {
        ThrowIf(Fault(method, key));
        var answer = await call();
        ThrowIf(LostAnswer(method, key));
        return answer;
    }

    private static void ThrowIf(Exception? fault)
    {
        if (fault is not null)
            throw fault;
    }
}
