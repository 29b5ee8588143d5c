using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// Consecutive chunks of a file that stand one behind the other in one pack, or consecutive chunks of zero bytes, which
/// stand nowhere. Every chunk has the chunk size but the last of a file.
/// </summary>
/// <param name="Pack">The pack; null for zeros.</param>
/// <param name="Offset">Of the first compressed byte of the first chunk in the pack. The next chunk's bytes follow
/// after padding to 512 and one tar header of 512: see <see cref="PackFormat.NextOffset"/>.</param>
/// <param name="Lengths">Compressed bytes of each chunk; null for zeros.</param>
/// <param name="Chunks">SHA-256 of the plain bytes of each chunk; null for zeros.</param>
/// <param name="Zeros">How many chunks of zeros; null for chunks in a pack.</param>
public sealed record ChunkRun(
    Sha256Hash? Pack,
    long? Offset,
    IReadOnlyList<int>? Lengths,
    IReadOnlyList<Sha256Hash>? Chunks,
    int? Zeros)
{
    /// <summary>A run of zeros.</summary>
    public static ChunkRun OfZeros(int chunks) => new(null, null, null, null, chunks);

    /// <summary>How many chunks the run has.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Count => Zeros ?? Chunks!.Count;
}
