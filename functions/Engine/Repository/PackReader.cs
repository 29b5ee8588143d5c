using System.Formats.Tar;
using System.Runtime.CompilerServices;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using ZstdSharp;

namespace Highwater.Engine.Repository;

/// <summary>Reads packs: their members, or the chunks of a run.</summary>
public static class PackReader
{
    /// <summary>
    /// Gives the members of a pack in order, reading headers only: cheap on a local disk, a round trip for each chunk
    /// elsewhere.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>; any storage error.</exception>
    public static async IAsyncEnumerable<PackMember> ReadMembersAsync(
        IStorage storage, Sha256Hash pack, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.Pack(pack);
        await using var stream = await storage.OpenReadAsync(key, null, cancellationToken);
        await using var tar = new TarReader(stream, leaveOpen: true);
        var offset = 0L;
        while (await NextAsync(tar, storage, key, cancellationToken) is { } entry)
        {
            var name = entry.Name;
            if (!name.EndsWith(".zst", StringComparison.Ordinal) || !Sha256Hash.TryParse(name[..^4], out var chunk))
                throw Damaged(storage, key, $"it has a member '{name}', which is no chunk");
            offset += PackFormat.Block;
            yield return new PackMember(chunk, offset, (int)entry.Length);
            offset += PackFormat.Padded(entry.Length);
        }
    }

    /// <summary>
    /// Reads consecutive chunks of a run with one range read, each proven by its hash.
    /// </summary>
    /// <param name="storage">Holds the pack.</param>
    /// <param name="run">A run in a pack, not of zeros.</param>
    /// <param name="first">The first chunk wanted, counted from the start of the run.</param>
    /// <param name="count">How many; their compressed bytes are held in memory.</param>
    /// <param name="chunkSize">Of the repository, in bytes: no chunk is larger.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Plain bytes of each chunk, in order, valid until the next is asked for.</returns>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/> naming pack and chunk; any
    /// storage error.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadChunksAsync(
        IStorage storage,
        ChunkRun run,
        int first,
        int count,
        int chunkSize,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.Pack(run.Pack!.Value);
        var start = run.Offset!.Value;
        for (var i = 0; i < first; i++)
            start = PackFormat.NextOffset(start, run.Lengths![i]);
        var end = start;
        for (var i = first; i < first + count; i++)
            end = (i == first ? start : PackFormat.NextOffset(end - run.Lengths![i - 1], run.Lengths[i - 1]))
                + run.Lengths![i];

        var compressed = new byte[end - start];
        await using (var stream =
            await storage.OpenReadAsync(key, new ByteRange(start, compressed.Length), cancellationToken))
            await stream.ReadExactlyAsync(compressed, cancellationToken);
        using var zstd = new Decompressor();
        var plain = new byte[chunkSize];
        var offset = 0L;
        for (var i = first; i < first + count; i++)
        {
            var length =
                Decompress(zstd, compressed.AsSpan((int)offset, run.Lengths![i]), plain, run.Chunks![i], storage, key);
            yield return plain.AsMemory(0, length);
            offset = PackFormat.NextOffset(start + offset, run.Lengths[i]) - start;
        }
    }

    private static int Decompress(
        Decompressor zstd, ReadOnlySpan<byte> compressed, byte[] plain, Sha256Hash chunk, IStorage storage, string key)
    {
        int length;
        try
        {
            length = zstd.Unwrap(compressed, plain);
        }
        catch (ZstdException e)
        {
            throw Damaged(storage, key, $"its chunk {chunk} cannot be decompressed ({e.Message})", e);
        }

        return Sha256Hash.Of(plain.AsSpan(0, length)) == chunk
            ? length
            : throw Damaged(storage, key, $"its chunk {chunk} has other bytes than it should");
    }

    private static async Task<TarEntry?> NextAsync(
        TarReader tar, IStorage storage, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw Damaged(storage, key, $"it is no tar archive ({e.Message})", e);
        }
    }

    private static HighwaterException Damaged(IStorage storage, string key, string problem, Exception? inner = null) =>
        new(
        ErrorCodes.RepositoryDamaged,
        $"The pack {key} of {storage.Address} is damaged: {problem}.",
        "run 'highwater verify --repair' to take it from the other repository",
        inner);
}
