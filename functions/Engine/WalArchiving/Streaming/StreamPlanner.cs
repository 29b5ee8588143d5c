using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>
/// Decides where streaming begins and which timelines it goes through. Pure. Always at the start of a segment: the
/// server keeps whole segments.
/// </summary>
/// <param name="size">Of the cluster's segments.</param>
/// <param name="history">Of the timeline the server writes on.</param>
internal sealed class StreamPlanner(WalSegmentSize size, TimelineHistory history)
{
    /// <summary>
    /// The first byte that a repository lacks after its newest segment on the server's path, or null if it has none of
    /// that path. Holes before it are not streaming's: the slot does not keep that WAL.
    /// </summary>
    public Lsn? FindEnd(IEnumerable<WalFileName> files)
    {
        Lsn? end = null;
        foreach (var file in files.Where(f => f.Kind == WalFileKind.Segment && IsOnPath(f.Segment)))
        {
            var after = file.Segment.End(size);
            if (end is null || after > end)
                end = after;
        }

        return end;
    }

    /// <summary>The start of the segment that holds a position.</summary>
    public Lsn StartOfSegment(Lsn position) => new(position.Value / (ulong)size.Bytes * (ulong)size.Bytes);

    /// <summary>
    /// The way from the start of a segment to the server's timeline. A segment in which a timeline begins is taken from
    /// that one: its first part is a copy of the parent's (XLogInitNewTimeline in access/transam/xlog.c).
    /// </summary>
    public IReadOnlyList<StreamLeg> Legs(Lsn from)
    {
        var legs = new List<StreamLeg>();
        foreach (var fork in history.Forks)
        {
            var until = StartOfSegment(fork.SwitchPoint);
            if (from >= until)
                continue;
            legs.Add(new StreamLeg(fork.Parent, from, until));
            from = until;
        }

        legs.Add(new StreamLeg(history.Timeline, from, null));
        return legs;
    }

    /// <summary>Whether the server's WAL up to now goes through this segment.</summary>
    private bool IsOnPath(WalSegmentName segment) =>
        history.TimelineAt(new Lsn(segment.End(size).Value - 1)) == segment.Timeline;
}
