namespace Highwater.Engine.Repository;

/// <summary>A repository's WAL archive by one listing.</summary>
/// <param name="Files">Everything PostgreSQL gave a name to, ordered by log position and then timeline: oldest WAL
/// first.</param>
/// <param name="PiecesSince">For each timeline of which there are pieces of unfinished segments, when the first of them
/// reached the repository, by the storage's clock.</param>
public sealed record WalListing(
    IReadOnlyList<WalArchiveEntry> Files, IReadOnlyDictionary<uint, DateTimeOffset> PiecesSince);
