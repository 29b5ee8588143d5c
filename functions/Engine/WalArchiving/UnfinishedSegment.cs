using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>What a repository has of a segment that the server has not finished.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="End">Everything of it before here is there.</param>
/// <param name="StoredAt">When the last of it reached the repository.</param>
public sealed record UnfinishedSegment(WalSegmentName Segment, Lsn End, DateTimeOffset StoredAt)
{
    /// <summary>Looks for one by one listing of its folder; null if nothing of it is there.</summary>
    /// <exception cref="Errors.HighwaterException">Any storage error.</exception>
    public static async Task<UnfinishedSegment?> FindAsync(
        BackupRepository repository, WalSegmentName segment, CancellationToken cancellationToken)
    {
        var beside = await new WalPieces(repository).ListBesideAsync(segment, cancellationToken);
        var chain = WalPieceChain.Of(segment, beside.Select(piece => piece.Name));
        if (chain.Length == 0)
            return null;
        var start = segment.Start(repository.Description.WalSegmentSize).Value;
        return new UnfinishedSegment(
            segment,
            new Lsn(start + (ulong)chain.Length),
            beside.Where(piece => chain.Pieces.Contains(piece.Name)).Max(piece => piece.StoredAt));
    }
}
