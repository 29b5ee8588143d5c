using System.Buffers;
using System.Security.Cryptography;
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

    private readonly byte[]? _buffer;
    private readonly Stream _target;

    private EncodedWalSegment(byte[]? buffer, Stream target, ObjectContent content)
    {
        _buffer = buffer;
        _target = target;
        Content = content;
    }

    /// <summary>What to put, valid until disposal.</summary>
    public ObjectContent Content { get; }

    /// <summary>Compresses what <paramref name="header"/> describes, read from the start of
    /// <paramref name="plain"/>.</summary>
    public static async Task<EncodedWalSegment> CreateAsync(
        WalSegmentHeader header, Stream plain, CancellationToken cancellationToken)
    {
        var frame = WalSegmentFrame.Write(header);
        var bound = frame.Length + Compressor.GetCompressBound((int)Math.Min(header.Size, LargestInMemory));
        var buffer = header.Size <= LargestInMemory ? ArrayPool<byte>.Shared.Rent(bound) : null;
        Stream target = buffer is null ? CreateTemporary() : new MemoryStream(buffer);
        try
        {
            await target.WriteAsync(frame, cancellationToken);
            await using (var zstd = new CompressionStream(target, Level, leaveOpen: true))
            {
                zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
                await plain.CopyToAsync(zstd, 1 << 17, cancellationToken);
            }

            return new EncodedWalSegment(buffer, target, await DescribeAsync(buffer, target, cancellationToken));
        }
        catch
        {
            await ReleaseAsync(buffer, target);
            throw;
        }
    }

    public ValueTask DisposeAsync() => ReleaseAsync(_buffer, _target);

    private static async Task<ObjectContent> DescribeAsync(
        byte[]? buffer, Stream target, CancellationToken cancellationToken)
    {
        if (buffer is not null)
            return ObjectContent.FromBytes(buffer.AsMemory(0, (int)target.Position));
        var file = (FileStream)target;
        await file.FlushAsync(cancellationToken);
        file.Position = 0;
        var hash = new Sha256Hash(await SHA256.HashDataAsync(file, cancellationToken));
        return new ObjectContent(file.Length, hash, _ => ValueTask.FromResult<Stream>(File.Open(
            file.Name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));
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

    private static async ValueTask ReleaseAsync(byte[]? buffer, Stream target)
    {
        await target.DisposeAsync();
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
