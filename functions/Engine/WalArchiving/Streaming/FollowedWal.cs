using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>What the local repository has where streaming goes on from.</summary>
/// <param name="WholeEnd">It has all whole segments up to here.</param>
/// <param name="Newest">The last of them, newest first.</param>
/// <param name="Histories">All its timeline histories.</param>
internal sealed record FollowedWal(
    Lsn WholeEnd, IReadOnlyList<WalFileName> Newest, IReadOnlyList<WalFileName> Histories)
{
    /// <summary>How many are looked at: a repository that lacks them all has been away for long.</summary>
    public const int MostLookedAt = 16;

    public static readonly FollowedWal None = new(Lsn.None, [], []);

    /// <param name="files">What the repository has, in any order.</param>
    /// <param name="wholeEnd">Where streaming goes on.</param>
    /// <param name="size">Of the cluster's segments.</param>
    public static FollowedWal Of(IReadOnlyCollection<WalFileName> files, Lsn wholeEnd, WalSegmentSize size) => new(
        wholeEnd,
        [.. files.Where(file => file.Kind == WalFileKind.Segment && file.Segment.End(size) <= wholeEnd)
            .OrderByDescending(file => file.Segment.Number(size)).ThenByDescending(file => file.Segment.Timeline)
            .Take(MostLookedAt)],
        [.. files.Where(file => file.Kind == WalFileKind.TimelineHistory).Order()]);
}
