using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// How far recovery is given a segment that is there in pieces: one rule for the plan, which promises it, and for
/// wal-get, which gives it. FORMAT.md and restore.sh have the same. Pure.
/// </summary>
internal static class UnfinishedEnd
{
    /// <summary>The first byte that is not given; null if nothing is.</summary>
    /// <param name="segment">Of which a repository has no whole copy.</param>
    /// <param name="end">Everything of it before here is there.</param>
    /// <param name="size">Of the cluster's segments.</param>
    /// <param name="whole">The whole segments of the same repository. A later one of the timeline makes it a gap, and
    /// recovery ends in front of it. Later pieces do not: what there is of this one leads farther than
    /// nothing.</param>
    /// <param name="histories">Of the timelines that recovery may be on its way to. PostgreSQL takes a segment of a
    /// timeline that was left within it, if there is none of the newer one, and replays it beyond the fork as well
    /// (XLogFileReadAnyTLI in access/transam/xlogrecovery.c): what was written there is another future.</param>
    public static Lsn? Find(
        WalSegmentName segment,
        Lsn end,
        WalSegmentSize size,
        IEnumerable<WalSegmentName> whole,
        IEnumerable<TimelineHistory> histories)
    {
        if (whole.Any(later => later.Timeline == segment.Timeline && later.CompareTo(segment) > 0))
            return null;
        var given = histories.Select(history => history.LeftAt(segment.Timeline)).OfType<Lsn>().Append(end).Min();
        return given > segment.Start(size) ? given : null;
    }
}
