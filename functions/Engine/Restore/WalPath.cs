using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Restore;

/// <summary>The segments recovery reads, in order, from a base backup to where the WAL ends.</summary>
internal sealed class WalPath(
    WalSegmentSize size,
    WalSegmentName first,
    WalSegmentName last,
    TimelineHistory history,
    UnfinishedSegment? unfinished = null)
{
    /// <summary>How many segments there are, the unfinished one included.</summary>
    public long Count => (long)(LastNumber - FirstNumber) + 1;

    /// <summary>The number of the first segment.</summary>
    public ulong FirstNumber => first.Number(size);

    /// <summary>The number of the last segment, which may be unfinished.</summary>
    public ulong LastNumber => last.Number(size) + (unfinished is null ? 0UL : 1);

    /// <summary>Whether a segment is there in pieces only.</summary>
    public bool IsUnfinished(ulong number) => unfinished is not null && number == LastNumber;

    /// <summary>How many bytes recovery is given of the segment that is there in pieces.</summary>
    public long UnfinishedBytes => (long)(unfinished!.End.Value - unfinished.Segment.Start(size).Value);

    /// <summary>The path of a reach, or null if not even its first segment is there.</summary>
    public static async Task<WalPath?> OfAsync(
        WalArchive archive, BackupRecord backup, WalReach reach, CancellationToken cancellationToken)
    {
        if (reach.LastSegment is not { } last)
            return null;
        var timeline = reach.Timeline;
        var history = timeline != backup.Timeline
            ? await archive.ReadHistoryAsync(timeline, cancellationToken)
            : TimelineHistory.WithoutFile(timeline);
        return new WalPath(
            archive.Repository.Description.WalSegmentSize, backup.FirstSegment, last, history, reach.Unfinished);
    }

    /// <summary>The segment with a number.</summary>
    public WalSegmentName Segment(ulong number) => IsUnfinished(number)
        ? unfinished!.Segment
        : number == last.Number(size)
        ? last
        : WalSegmentName.FromNumber(
            history.TimelineAt(new Lsn(((number + 1) * (ulong)size.Bytes) - 1)), number, size);

    /// <summary>The first byte of the segment with a number.</summary>
    public Lsn Start(ulong number) => new(number * (ulong)size.Bytes);
}
