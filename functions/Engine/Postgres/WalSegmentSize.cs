using System.Numerics;
using System.Text.Json.Serialization;

namespace Highwater.Engine.Postgres;

/// <summary>
/// The size of a WAL segment file: a power of two from 1 MiB to 1 GiB, chosen at initdb (documentation, "initdb",
/// --wal-segsize).
/// </summary>
[JsonConverter(typeof(WalSegmentSizeJsonConverter))]
public readonly record struct WalSegmentSize
{
    /// <summary>What initdb takes by default.</summary>
    public static readonly WalSegmentSize Default = new(16 << 20);

    /// <exception cref="ArgumentOutOfRangeException">Not a size PostgreSQL accepts.</exception>
    public WalSegmentSize(long bytes)
    {
        if (bytes is < 1 << 20 or > 1 << 30 || !BitOperations.IsPow2(bytes))
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "A WAL segment has 1 MiB to 1 GiB, a power "
                + "of two.");
        Bytes = bytes;
    }

    public long Bytes { get; }

    /// <summary>How many segments share the second eight digits of a segment's name (XLogSegmentsPerXLogId in
    /// xlog_internal.h).</summary>
    public uint SegmentsPerLog => (uint)(0x1_0000_0000L / Bytes);
}
