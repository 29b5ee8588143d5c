using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving;

/// <summary>How far recovery gets from a base backup with the WAL a repository has.</summary>
/// <param name="Timeline">The timeline recovery ends on.</param>
/// <param name="End">The first byte that is not there: recovery may reach anything before it. Below the base backup's
/// stop LSN the base backup cannot be restored at all.</param>
/// <param name="LastSegment">The newest whole segment recovery reads, or null if even the first is missing.</param>
/// <param name="LastStoredAt">When the last of the WAL reached the repository.</param>
/// <param name="Next">The segment recovery would read next. If the repository has later ones it is the start of a
/// gap.</param>
/// <param name="LaterExists">Whether the repository holds WAL of the path beyond <paramref name="Next"/>.</param>
/// <param name="Unfinished">What it has of <paramref name="Next"/>, if that was streamed in part: recovery ends with
/// the last whole record in it. Null if it has nothing of it.</param>
public sealed record WalReach(
    uint Timeline,
    Lsn End,
    WalSegmentName? LastSegment,
    DateTimeOffset? LastStoredAt,
    WalSegmentName Next,
    bool LaterExists,
    UnfinishedSegment? Unfinished = null);
