namespace Highwater.Engine.Repository;

/// <summary>A piece as a listing shows it.</summary>
/// <param name="Name">Which one.</param>
/// <param name="StoredAt">When it reached the repository, by the storage's clock.</param>
/// <param name="IsSuperseded">Whether its segment is there whole, so that it is of no use any more.</param>
public sealed record WalPieceEntry(WalPieceName Name, DateTimeOffset StoredAt, bool IsSuperseded);
