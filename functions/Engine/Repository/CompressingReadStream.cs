using Highwater.Engine.Formats;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Highwater.Engine.Repository;

/// <summary>
/// Compresses while it is read: for what is too large for memory, without a file on a disk that may be full. The same
/// bytes come out each time.
/// </summary>
/// <param name="prefix">Comes first, as it is.</param>
/// <param name="plain">What is compressed, from where it stands.</param>
/// <param name="leaveOpen">Whether it outlives this stream.</param>
internal sealed class CompressingReadStream(byte[] prefix, Stream plain, bool leaveOpen) : ForwardReadStream
{
    private const int Level = 1;
    private readonly byte[] _plain = new byte[1 << 17];
    private readonly MemoryStream _ready = new();
    private CompressionStream? _zstd;
    private bool _isEnded;

    /// <summary>Compresses as WAL is kept.</summary>
    public static Compressor NewCompressor()
    {
        var zstd = new Compressor(Level);
        zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        return zstd;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.Position == _ready.Length && !_isEnded)
            await FillAsync(cancellationToken);
        return _ready.Read(buffer.Span);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_zstd is not null)
            await _zstd.DisposeAsync();
        if (!leaveOpen)
            await plain.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _zstd?.Dispose();
            if (!leaveOpen)
                plain.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        _ready.SetLength(0);
        if (_zstd is null)
        {
            _ready.Write(prefix);
            _zstd = new CompressionStream(_ready, NewCompressor(), preserveCompressor: false, leaveOpen: true);
        }

        // Always as much at once, so that how the bytes come makes no difference to what becomes of them.
        var count = await plain.ReadAtLeastAsync(_plain, _plain.Length, throwOnEndOfStream: false, cancellationToken);
        await _zstd.WriteAsync(_plain.AsMemory(0, count), cancellationToken);
        if (count < _plain.Length)
        {
            await _zstd.DisposeAsync();
            _isEnded = true;
        }

        _ready.Position = 0;
    }
}
