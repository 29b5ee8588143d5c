using System.Numerics;
using System.Runtime.InteropServices;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>CRC-32C as PostgreSQL computes it, piece by piece (COMP_CRC32C in port/pg_crc32c.h).</summary>
internal static class Crc32C
{
    /// <summary>What a computation starts with.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>Adds bytes.</summary>
    public static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, word);
        foreach (var one in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, one);
        return crc;
    }

    /// <summary>The checksum of all that was added.</summary>
    public static uint Finish(uint crc) => ~crc;
}
