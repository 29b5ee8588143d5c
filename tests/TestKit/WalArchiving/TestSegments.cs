using System.Collections.Concurrent;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.TestKit.WalArchiving;

/// <summary>WAL segments full of true records, each going on from the one in front of it, with content that compresses
/// to about a half.</summary>
public static class TestSegments
{
    private const int RecordBytes = 20_000;
    private static readonly ConcurrentDictionary<long, ulong> LastRecords = [];

    /// <param name="segment">Which one.</param>
    /// <param name="cluster">Whose.</param>
    /// <param name="size">Of the cluster's segments.</param>
    /// <param name="seed">Other seeds give other content.</param>
    /// <param name="pageTimeline">The timeline in the page headers, if not that of the name.</param>
    public static byte[] Make(
        WalSegmentName segment, SystemIdentifier cluster, WalSegmentSize size, int seed = 1, uint? pageTimeline = null)
    {
        var start = segment.Start(size);

        // All segments are laid out alike, so that each knows where the last record of the one in front starts.
        var offset = LastRecords.GetOrAdd(
            size.Bytes, _ => Fill(new TestWal(cluster, size, default), []).LastRecord.Value);
        var previous = start.Value == 0 ? default : new Lsn(start.Value - (ulong)size.Bytes + offset);
        var wal = new TestWal(cluster, size, start, pageTimeline ?? segment.Timeline, previous);
        var noise = TestBytes.Of((int)size.Bytes / 2, (seed * 1_000_003) + (int)segment.Number(size));
        return Fill(wal, noise).Segment(segment.Number(size));
    }

    private static TestWal Fill(TestWal wal, ReadOnlySpan<byte> noise)
    {
        while (wal.Room > 2 * RecordBytes)
            Append(wal, RecordBytes, ref noise);
        Append(wal, wal.Room, ref noise);
        return wal;
    }

    private static void Append(TestWal wal, int total, ref ReadOnlySpan<byte> noise)
    {
        var body = new byte[total - 24];
        var half = Math.Min(noise.Length, body.Length / 2);
        noise[..half].CopyTo(body.AsSpan(body.Length / 4));
        noise = noise[half..];
        wal.Append(10, 0, 1, body);
    }
}
