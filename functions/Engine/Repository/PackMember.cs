using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>A chunk in a pack.</summary>
/// <param name="Chunk">SHA-256 of its plain bytes.</param>
/// <param name="Offset">Of its first compressed byte in the pack.</param>
/// <param name="Length">Of its compressed bytes.</param>
public readonly record struct PackMember(Sha256Hash Chunk, long Offset, int Length);
