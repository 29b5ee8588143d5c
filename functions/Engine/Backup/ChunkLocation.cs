namespace Highwater.Engine.Backup;

/// <summary>Where a stored chunk stands.</summary>
/// <param name="Pack">Number of the pack within this backup's <see cref="PackTable"/>; below 2^29.</param>
/// <param name="Offset">Of the first compressed byte; a multiple of 512 below 2^26.</param>
/// <param name="Length">Compressed bytes; below 2^18.</param>
public readonly record struct ChunkLocation(int Pack, long Offset, int Length)
{
    private const int OffsetBits = 17;
    private const int LengthBits = 18;

    /// <summary>The location in 64 bits, never 0.</summary>
    public ulong Packed =>
        ((ulong)(Pack + 1) << (OffsetBits + LengthBits)) | ((ulong)(Offset / 512) << LengthBits) | (uint)Length;

    /// <summary>Takes <see cref="Packed"/> apart.</summary>
    public static ChunkLocation Unpack(ulong packed) => new(
        (int)(packed >> (OffsetBits + LengthBits)) - 1,
        (long)((packed >> LengthBits) & ((1UL << OffsetBits) - 1)) * 512,
        (int)(packed & ((1UL << LengthBits) - 1)));
}
