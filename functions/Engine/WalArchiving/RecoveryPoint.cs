using Highwater.Engine.Postgres;

namespace Highwater.Engine.WalArchiving;

/// <summary>The newest moment a repository can be restored to.</summary>
/// <param name="Timeline">The timeline it is on.</param>
/// <param name="Lsn">Everything before it is there without a gap.</param>
/// <param name="LastSegment">The segment that ends there.</param>
/// <param name="StoredAt">When that segment reached the repository, by the storage's clock.</param>
/// <param name="Age">Since then: what would be lost if the server burned down now is at most this and one
/// segment.</param>
public sealed record RecoveryPoint(
    uint Timeline, Lsn Lsn, WalSegmentName LastSegment, DateTimeOffset StoredAt, TimeSpan Age);
