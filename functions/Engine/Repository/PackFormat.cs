using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// How a pack is laid out: a POSIX ustar archive whose members are <c>SHA256.zst</c>, each one zstd frame, in the order
/// of the files they were cut from, closed by two zero blocks.
/// </summary>
public static class PackFormat
{
    /// <summary>tar counts in blocks of 512 bytes.</summary>
    public const int Block = 512;

    /// <summary>A pack is closed when it reaches this length. FORMAT.md promises at most 64 MiB.</summary>
    public const int TargetLength = 32 << 20;

    /// <summary>The name of a chunk's member.</summary>
    public static string MemberName(Sha256Hash chunk) => chunk + ".zst";

    /// <summary>Where the compressed bytes of the next member start, given those of one member.</summary>
    public static long NextOffset(long offset, int length) => Padded(offset + length) + Block;

    /// <summary>Rounds up to a whole block.</summary>
    public static long Padded(long length) => (length + Block - 1) / Block * Block;
}
