using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>How far ahead of recovery WAL is fetched, and for how long.</summary>
public sealed record PrefetchLimits
{
    /// <summary>Room that fetched segments may take, those under way included; one segment is always allowed.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>Segments at most, however small they are.</summary>
    public int MaxSegments { get; init; } = 16;

    /// <summary>Segments fetched at the same time.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>
    /// Bytes left alone on the file system of pg_wal: recovery keeps the segments since its last restartpoint there,
    /// up to about <c>max_wal_size</c>, and a server without room for them stops.
    /// </summary>
    public long SpareBytes { get; init; } = 1L << 30;

    /// <summary>After this long without anybody taking anything nobody is expected any more: recovery is
    /// paused.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often it is looked what has been taken.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many segments of a size are kept ready or under way.</summary>
    public int SegmentsOf(WalSegmentSize size) => (int)Math.Clamp(MaxBytes / size.Bytes, 1, MaxSegments);
}
