using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Tests.Repository;

/// <summary>Reads chunks as FORMAT.md says: at its offset in the pack, of its length, decompressed.</summary>
internal static class PackChunks
{
    public static async Task<List<byte[]>> ReadAsync(
        IStorage storage, ChunkRun run, int first, int count, CancellationToken cancellationToken)
    {
        using var zstd = new Decompressor();
        var chunks = new List<byte[]>();
        var offset = run.Offset!.Value;
        for (var i = 0; i < first + count; i++)
        {
            if (i >= first)
            {
                var compressed = new byte[run.Lengths![i]];
                var range = new ByteRange(offset, compressed.Length);
                await using var stream = await storage.OpenReadAsync(
                    RepositoryLayout.Pack(run.Pack!.Value), range, cancellationToken);
                await stream.ReadExactlyAsync(compressed, cancellationToken);
                chunks.Add(zstd.Unwrap(compressed).ToArray());
                Assert.Equal(run.Chunks![i], Sha256Hash.Of(chunks[^1]));
            }

            offset = PackFormat.NextOffset(offset, run.Lengths![i]);
        }

        return chunks;
    }
}
