using Highwater.Engine.Storage;

namespace Highwater.Engine.Backup;

/// <summary>A chunk after hashing and, if it has to be stored, compression.</summary>
/// <param name="Hash">SHA-256 of the plain bytes.</param>
/// <param name="PlainLength">In bytes.</param>
/// <param name="IsZero">Whether all bytes are zero: such a chunk stands nowhere.</param>
/// <param name="Known">Where it was stored already when it was looked up.</param>
/// <param name="Compressed">A rented buffer with its zstd frame; null unless it has to be stored.</param>
/// <param name="CompressedLength">Bytes of the frame.</param>
internal readonly record struct ProcessedChunk(
    Sha256Hash Hash, int PlainLength, bool IsZero, ChunkLocation? Known, byte[]? Compressed, int CompressedLength);
