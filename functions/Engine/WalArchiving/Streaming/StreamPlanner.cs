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
    /// The first byte that a repository lacks on the server's path, from where the slot keeps WAL on; null if the
    /// repository has none of that path. Segments may also come by archive_command, and not all of them. Holes before
    /// are not streaming's: the slot does not keep that WAL.
    /// </summary>
    /// <param name="files">What the repository has whole.</param>
    /// <param name="kept">From where on the slot keeps WAL; null if that is not known.</param>
    public Lsn? FindStart(IEnumerable<WalFileName> files, Lsn? kept)
    {
        var there = files.Where(f => f.Kind == WalFileKind.Segment && IsOnPath(f.Segment))
            .Select(f => f.Segment.Number(size)).ToHashSet();
        if (there.Count == 0)
            return null;
        var number = there.Max() + 1;
        if (kept is { } lsn)
            number = Math.Min(number, lsn.Value / (ulong)size.Bytes);
        while (there.Contains(number))
            number++;
        return new Lsn(number * (ulong)size.Bytes);
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
