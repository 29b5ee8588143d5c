using System.Buffers;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Repository;

/// <summary>
/// A WAL segment in the form it is stored in: its header in a skippable frame, then one zstd frame. The same segment
/// gives the same bytes with the same version of the compressor. Holds a buffer until disposed, or, where that would be
/// too large, compresses anew whenever it is read.
/// </summary>
internal sealed class EncodedWalSegment : IDisposable
{
    // Segments are 16 MiB unless the cluster was made with others.
    private const long LargestInMemory = 64 << 20;

    private readonly WalSegmentHeader _header;
    private readonly byte[]? _buffer;

    private EncodedWalSegment(WalSegmentHeader header, byte[]? buffer, ObjectContent content)
    {
        (_header, _buffer) = (header, buffer);
        Content = content;
    }

    /// <summary>What to put, valid until disposal.</summary>
    public ObjectContent Content { get; }

    /// <summary>Compresses what <paramref name="header"/> describes, read from the start of
    /// <paramref name="plain"/>, which has to outlive this and stays open.</summary>
    /// <exception cref="IOException">There are fewer bytes than it describes.</exception>
    public static Task<EncodedWalSegment> CreateAsync(
        WalSegmentHeader header, Stream plain, CancellationToken cancellationToken)
    {
        return CreateAsync(header, Open, leaveOpen: true, cancellationToken);

        Stream Open()
        {
            plain.Position = 0;
            return plain;
        }
    }

    /// <summary>Compresses what <paramref name="header"/> describes.</summary>
    /// <param name="header">Says what the bytes are, and how many.</param>
    /// <param name="open">Gives the plain bytes from their start, each time it is called: for a large segment again
    /// whenever the content is opened.</param>
    /// <param name="leaveOpen">Whether what it gives is the caller's to dispose.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="IOException">There are fewer bytes than it describes.</exception>
    public static async Task<EncodedWalSegment> CreateAsync(
        WalSegmentHeader header, Func<Stream> open, bool leaveOpen, CancellationToken cancellationToken)
    {
        if (header.Size <= LargestInMemory)
            return await CreateInMemoryAsync(header, open(), (int)header.Size, leaveOpen, cancellationToken);
        var frame = WalSegmentFrame.Write(header);
        await using var hashed = new HashingReadStream(new CompressingReadStream(frame, open(), leaveOpen));
        await hashed.CopyToAsync(Stream.Null, 1 << 17, cancellationToken);
        return new EncodedWalSegment(header, null, new ObjectContent(
            hashed.BytesRead,
            hashed.CurrentHash(),
            _ => ValueTask.FromResult<Stream>(new CompressingReadStream(frame, open(), leaveOpen))));
    }

    /// <summary>
    /// Unpacks it again and compares. Before it is stored, so that neither the compressor nor the memory of this
    /// machine can put a segment there that is not the one described.
    /// </summary>
    /// <exception cref="TransientException"><see cref="ErrorCodes.StorageContentMismatch"/>.</exception>
    public async Task EnsureUnpacksAsync(CancellationToken cancellationToken)
    {
        var what = $"{_header.Name}, packed to be stored,";
        try
        {
            await using var stored = await Content.OpenAsync(cancellationToken);
            var header = await WalSegmentFrame.ReadAsync(stored, what, cancellationToken);
            await using var plain = new WalSegmentReadStream(
                stored, header with { Sha256 = _header.Sha256, Size = _header.Size }, what);
            await plain.CopyToAsync(Stream.Null, 1 << 17, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged)
        {
            throw new TransientException(
                ErrorCodes.StorageContentMismatch,
                $"{e.WhatHappened} Nothing was stored.",
                "run again; if it happens again the file changes while it is read, or this machine's memory is faulty",
                e);
        }
    }

    public void Dispose()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
    }

    private static async Task<EncodedWalSegment> CreateInMemoryAsync(
        WalSegmentHeader header, Stream plain, int length, bool leaveOpen, CancellationToken cancellationToken)
    {
        var frame = WalSegmentFrame.Write(header);
        var buffer = ArrayPool<byte>.Shared.Rent(frame.Length + Compressor.GetCompressBound(length));
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await plain.ReadExactlyAsync(whole.AsMemory(0, length), cancellationToken);
            frame.CopyTo(buffer, 0);

            // At one go: a compressor that is fed piece by piece copies every byte once more.
            using var zstd = CompressingReadStream.NewCompressor();
            var packed = zstd.Wrap(whole.AsSpan(0, length), buffer.AsSpan(frame.Length));
            var content = ObjectContent.FromBytes(buffer.AsMemory(0, frame.Length + packed));
            return new EncodedWalSegment(header, buffer, content);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
            if (!leaveOpen)
                await plain.DisposeAsync();
        }
    }
}
