using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// That a segment stood in a repository as it should: its stored bytes were unpacked and hashed, and read back from
/// there. Whoever finds the same stored bytes again need not unpack them a second time.
/// </summary>
/// <param name="StoredHash">Of the bytes as stored.</param>
/// <param name="Sha256">Of the segment's plain bytes, which its header has too.</param>
public sealed record StoredWalProof(Sha256Hash StoredHash, Sha256Hash Sha256);
