using System.Buffers;
using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Highwater.Engine.Repository;

/// <summary>
/// A WAL segment in the form it is stored in: its header in a skippable frame, then one zstd frame. The same segment
/// gives the same bytes with the same version of the compressor. Holds a buffer or a temporary file until disposed.
/// </summary>
internal sealed class EncodedWalSegment : IAsyncDisposable
{
    private const int Level = 1;

    // Segments are 16 MiB unless the cluster was made with others; only large ones go through a file.
    private const long LargestInMemory = 64 << 20;

    private readonly WalSegmentHeader _header;
    private readonly byte[]? _buffer;
    private readonly Stream? _file;

    private EncodedWalSegment(WalSegmentHeader header, byte[]? buffer, Stream? file, ObjectContent content)
    {
        (_header, _buffer, _file) = (header, buffer, file);
        Content = content;
    }

    /// <summary>What to put, valid until disposal.</summary>
    public ObjectContent Content { get; }

    /// <summary>Compresses what <paramref name="header"/> describes, read from the start of
    /// <paramref name="plain"/>.</summary>
    /// <exception cref="IOException">There are fewer bytes than it describes.</exception>
    public static Task<EncodedWalSegment> CreateAsync(
        WalSegmentHeader header, Stream plain, CancellationToken cancellationToken) =>
        header.Size <= LargestInMemory
            ? CreateInMemoryAsync(header, plain, (int)header.Size, cancellationToken)
            : CreateInFileAsync(header, plain, cancellationToken);

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

    public async ValueTask DisposeAsync()
    {
        if (_file is not null)
            await _file.DisposeAsync();
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
    }

    private static async Task<EncodedWalSegment> CreateInMemoryAsync(
        WalSegmentHeader header, Stream plain, int length, CancellationToken cancellationToken)
    {
        var frame = WalSegmentFrame.Write(header);
        var buffer = ArrayPool<byte>.Shared.Rent(frame.Length + Compressor.GetCompressBound(length));
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await plain.ReadExactlyAsync(whole.AsMemory(0, length), cancellationToken);
            frame.CopyTo(buffer, 0);

            // At one go: a compressor that is fed piece by piece copies every byte once more.
            using var zstd = new Compressor(Level);
            zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
            var packed = zstd.Wrap(whole.AsSpan(0, length), buffer.AsSpan(frame.Length));
            var content = ObjectContent.FromBytes(buffer.AsMemory(0, frame.Length + packed));
            return new EncodedWalSegment(header, buffer, null, content);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private static async Task<EncodedWalSegment> CreateInFileAsync(
        WalSegmentHeader header, Stream plain, CancellationToken cancellationToken)
    {
        var file = CreateTemporary();
        try
        {
            await file.WriteAsync(WalSegmentFrame.Write(header), cancellationToken);
            await using (var zstd = new CompressionStream(file, Level, leaveOpen: true))
            {
                zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
                await plain.CopyToAsync(zstd, 1 << 17, cancellationToken);
            }

            await file.FlushAsync(cancellationToken);
            file.Position = 0;
            var hash = new Sha256Hash(await SHA256.HashDataAsync(file, cancellationToken));
            var content = new ObjectContent(file.Length, hash, _ => ValueTask.FromResult<Stream>(File.Open(
                file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));
            return new EncodedWalSegment(header, null, file, content);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static FileStream CreateTemporary() => new(
        Path.Combine(Path.GetTempPath(), "highwater-" + Path.GetRandomFileName()),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 1 << 17,
        });
}
