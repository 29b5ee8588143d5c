using System.Buffers;
using System.Collections.Concurrent;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Backup;

/// <summary>The work on one chunk that all cores share: zero test, hash, look-up, compression.</summary>
internal sealed class ChunkProcessor(ChunkIndex index) : IDisposable
{
    // Level 1: base backups are mostly limited by how fast the server reads.
    private const int Level = 1;

    private readonly ConcurrentBag<Compressor> _compressors = [];

    /// <summary>Works on a chunk and gives its rented buffer back.</summary>
    public ProcessedChunk Process(byte[] buffer, int length)
    {
        try
        {
            var plain = buffer.AsSpan(0, length);
            if (plain.IndexOfAnyExcept((byte)0) < 0)
                return new ProcessedChunk(default, length, true, null, null, 0);
            var hash = Sha256Hash.Of(plain);
            if (index.TryFind(hash, out var known))
                return new ProcessedChunk(hash, length, false, known, null, 0);
            return Compress(hash, plain);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        foreach (var compressor in _compressors)
            compressor.Dispose();
    }

    private ProcessedChunk Compress(Sha256Hash hash, ReadOnlySpan<byte> plain)
    {
        if (!_compressors.TryTake(out var compressor))
            compressor = new Compressor(Level);
        var compressed = ArrayPool<byte>.Shared.Rent(Compressor.GetCompressBound(plain.Length));
        var compressedLength = compressor.Wrap(plain, compressed);
        _compressors.Add(compressor);
        return new ProcessedChunk(hash, plain.Length, false, null, compressed, compressedLength);
    }
}
