using Highwater.Engine.Errors;

namespace Highwater.Engine.Storage;

/// <summary>
/// Bytes under keys. A key is a relative path of parts <c>[A-Za-z0-9._-]+</c> joined by <c>/</c>, no part being
/// <c>.</c> or <c>..</c>; anything else is an <see cref="ArgumentException"/>. One contract test suite runs against
/// every implementation.
/// <para>All methods may be called concurrently, from several processes as well. All are safe to repeat after any
/// failure. All end within a deadline when the other side falls silent: no call hangs.</para>
/// <para>Errors are <see cref="HighwaterException"/>s with a code of the 3xx range; those that may pass by themselves
/// (unreachable, full) are <see cref="TransientException"/>s.</para>
/// </summary>
public interface IStorage : IAsyncDisposable
{
    /// <summary>Where this is, as an operator would write it: <c>/path</c> or <c>sftp://user@host:port/path</c>. No
    /// secret.</summary>
    string Address { get; }

    /// <summary>
    /// Publishes an object whole or not at all. Written under <c>tmp/</c>, made durable, published without overwriting,
    /// directory made durable; then it is durable as <see cref="StorageFacts.Durability"/> says. Interrupted at any
    /// instant, the key holds either nothing or everything; what is left under <c>tmp/</c> is garbage.
    /// <para>The bytes are hashed as they pass: if they are not <see cref="ObjectContent.Hash"/>, nothing is published
    /// (<see cref="ErrorCodes.StorageContentMismatch"/>).</para>
    /// <para>If the key is there: same bytes are success (<see cref="PutOutcome.AlreadyThere"/>, nothing sent; length
    /// and hash are compared), other bytes are <see cref="ErrorCodes.StorageConflict"/>, and what is there
    /// stays.</para>
    /// </summary>
    Task<PutOutcome> PutAsync(string key, ObjectContent content, CancellationToken cancellationToken);

    /// <summary>
    /// Writes or replaces a small mutable object in one step: readers see the old bytes or the new. For leases only;
    /// everything else in a repository is immutable.
    /// </summary>
    Task ReplaceAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>
    /// Opens an object, or a part of it, for reading from its start. The stream need not be seekable; errors while
    /// reading are <see cref="HighwaterException"/>s too. A range past the end is
    /// <see cref="ErrorCodes.StorageContentMismatch"/>. An absent key is <see cref="ErrorCodes.StorageObjectMissing"/>:
    /// only after the storage has answered.
    /// </summary>
    Task<Stream> OpenReadAsync(string key, ByteRange? range, CancellationToken cancellationToken);

    /// <summary>Says what is under a key, or null if the storage answered that nothing is.</summary>
    Task<StorageEntry?> StatAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Lists every object whose key starts with the folder <paramref name="prefix"/> (such as <c>packs/</c>; empty for
    /// all), at any depth, in no particular order. A folder that is not there is empty. Temporary files appear only
    /// when <c>tmp/</c> itself is asked for.
    /// </summary>
    IAsyncEnumerable<StorageEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>SHA-256 of the bytes as they are on the medium now: beside the bytes if possible, else by reading them
    /// all. An absent key is <see cref="ErrorCodes.StorageObjectMissing"/>.</summary>
    Task<Sha256Hash> HashAsync(string key, CancellationToken cancellationToken);

    /// <summary>Removes an object. Removing what is not there is success.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken);

    /// <summary>Says how durable a put is here and how much room is left. Creates the root folder if it is
    /// absent.</summary>
    Task<StorageFacts> DescribeAsync(CancellationToken cancellationToken);
}
