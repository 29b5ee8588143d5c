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
    WalReach reach)
{
    private readonly UnfinishedSegment? _unfinished = reach.Unfinished;

    /// <summary>How many segments there are, the unfinished one included.</summary>
    public long Count => (long)(LastNumber - FirstNumber) + 1;

    /// <summary>The number of the first segment.</summary>
    public ulong FirstNumber => first.Number(size);

    /// <summary>The number of the last segment, which may be unfinished.</summary>
    public ulong LastNumber => last.Number(size) + (_unfinished is null ? 0UL : 1);

    /// <summary>Whether a segment is there in pieces only.</summary>
    public bool IsUnfinished(ulong number) => _unfinished is not null && number == LastNumber;

    /// <summary>Whether recovery may be given less than the whole of a segment: it is there in pieces only, or its
    /// timeline was left within it.</summary>
    public bool IsCut(ulong number) =>
        IsUnfinished(number) || (number == LastNumber && reach.End < Start(number + 1));

    /// <summary>How many bytes recovery is given of the last segment.</summary>
    public long LastBytes => (long)(reach.End.Value - Start(LastNumber).Value);

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
            archive.Repository.Description.WalSegmentSize, backup.FirstSegment, last, history, reach);
    }

    /// <summary>The segment with a number.</summary>
    public WalSegmentName Segment(ulong number) => IsUnfinished(number)
        ? _unfinished!.Segment
        : number == last.Number(size)
        ? last
        : WalSegmentName.FromNumber(
            history.TimelineAt(new Lsn(((number + 1) * (ulong)size.Bytes) - 1)), number, size);

    /// <summary>The first byte of the segment with a number.</summary>
    public Lsn Start(ulong number) => new(number * (ulong)size.Bytes);
}
