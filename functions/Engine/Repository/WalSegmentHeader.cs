using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>What stands, as JSON, in the skippable frame in front of a stored WAL segment.</summary>
/// <param name="Name">The name PostgreSQL gave it, with <c>.partial</c> where it has that.</param>
/// <param name="Sha256">Of the segment's plain bytes.</param>
/// <param name="Size">Of the segment's plain bytes.</param>
/// <param name="SystemIdentifier">The cluster that wrote it.</param>
/// <param name="Timeline">The one it was archived on.</param>
/// <param name="StartLsn">Of its first byte.</param>
/// <param name="EndLsn">Of the first byte after it.</param>
/// <param name="Contents">What its records say; null in a repository from before this was recorded.</param>
public sealed record WalSegmentHeader(
    string Name,
    Sha256Hash Sha256,
    long Size,
    SystemIdentifier SystemIdentifier,
    uint Timeline,
    Lsn StartLsn,
    Lsn EndLsn,
    WalContents? Contents = null);
