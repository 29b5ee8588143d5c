using System.Security.Cryptography;
using Highwater.Engine.Formats;

namespace Highwater.Engine.Storage;

/// <summary>
/// Hashes and counts what is read through it. A fault of the source comes out as <see cref="SourceFaultException"/>, so
/// that the storage's own troubles (a broken connection, a full disk) can be told from those of the source.
/// </summary>
internal sealed class HashingReadStream(Stream source, Action? onProgress = null) : ForwardReadStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Opens the content at its first byte.</summary>
    public static async Task<HashingReadStream> OpenAsync(
        ObjectContent content, CancellationToken cancellationToken, Action? onProgress = null)
    {
        try
        {
            return new HashingReadStream(await content.OpenAsync(cancellationToken), onProgress);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new SourceFaultException(fault);
        }
    }

    /// <summary>Bytes read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The hash of all bytes read so far.</summary>
    public Sha256Hash CurrentHash()
    {
        Span<byte> bytes = stackalloc byte[Sha256Hash.Size];
        _hash.GetCurrentHash(bytes);
        return new Sha256Hash(bytes);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await source.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new SourceFaultException(fault);
        }

        _hash.AppendData(buffer.Span[..count]);
        BytesRead += count;
        onProgress?.Invoke();
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
