using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>How a recovery target will be reached: everything it takes is in the repository named.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Backup">The base backup to start from.</param>
/// <param name="Target">Where recovery ends.</param>
/// <param name="Timeline">The timeline recovery ends on.</param>
/// <param name="WantedTimeline">The one it was to end on, of which there may be nothing yet: what that has left behind
/// is no part of it all the same.</param>
/// <param name="FirstSegment">The first WAL segment recovery reads.</param>
/// <param name="LastSegment">The last one that is there without a gap; recovery may end earlier.</param>
/// <param name="WalSegments">How many segments there are from first to last.</param>
/// <param name="LastCommitAt">The newest commit in that WAL as the server's clock gave it; null if none was
/// found.</param>
public sealed record RestorePlan(
    string Repository,
    string Address,
    BackupRecord Backup,
    RecoveryTarget Target,
    uint Timeline,
    uint WantedTimeline,
    WalSegmentName FirstSegment,
    WalSegmentName LastSegment,
    long WalSegments,
    DateTimeOffset? LastCommitAt)
{
    /// <summary>Bytes of all files of the base backup.</summary>
    public long DatabaseBytes => Backup.Sizes.DatabaseBytes;

    /// <summary>Regular files of the base backup.</summary>
    public long Files => Backup.Sizes.Files;
}
