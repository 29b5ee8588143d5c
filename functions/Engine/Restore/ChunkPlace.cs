using Highwater.Engine.Storage;

namespace Highwater.Engine.Restore;

/// <summary>One chunk: where it stands in a pack and where it belongs.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="Offset">Of its first compressed byte.</param>
/// <param name="Length">Of its compressed bytes.</param>
/// <param name="Chunk">SHA-256 of its plain bytes.</param>
/// <param name="File">The file.</param>
/// <param name="FileOffset">Of its first plain byte in the file.</param>
/// <param name="PlainLength">Of its plain bytes.</param>
internal sealed record ChunkPlace(
    Sha256Hash Pack, long Offset, int Length, Sha256Hash Chunk, RestoredFile File, long FileOffset, int PlainLength);
