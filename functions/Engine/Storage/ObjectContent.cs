namespace Highwater.Engine.Storage;

/// <summary>
/// What is to be put: known beforehand in length and hash, and readable again from the start when a connection breaks.
/// </summary>
/// <param name="Length">In bytes.</param>
/// <param name="Hash">SHA-256 of all bytes.</param>
/// <param name="OpenAsync">Opens a fresh stream at the first byte; the reader disposes it. May be called several
/// times.</param>
public sealed record ObjectContent(
    long Length, Sha256Hash Hash, Func<CancellationToken, ValueTask<Stream>> OpenAsync)
{
    /// <summary>Content that stands in memory. The bytes must not change while the content is in use.</summary>
    public static ObjectContent FromBytes(ReadOnlyMemory<byte> bytes) => FromBytes(bytes, Sha256Hash.Of(bytes.Span));

    /// <summary>Content that stands in memory and whose hash is already known.</summary>
    public static ObjectContent FromBytes(ReadOnlyMemory<byte> bytes, Sha256Hash hash) =>
        new(bytes.Length, hash, _ => ValueTask.FromResult<Stream>(new ReadOnlyMemoryStream(bytes)));
}
