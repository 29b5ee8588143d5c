using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>The pieces that together are the beginning of a segment. Pure.</summary>
/// <param name="Segment">The unfinished segment.</param>
/// <param name="Pieces">One behind the other, from the segment's first byte on.</param>
public sealed record WalPieceChain(WalSegmentName Segment, IReadOnlyList<WalPieceName> Pieces)
{
    private const int MostPieces = 32;
    private const int FewestMerged = 16;

    /// <summary>How many bytes of the segment are there.</summary>
    public long Length => Pieces.Count == 0 ? 0 : Pieces[^1].To;

    /// <summary>
    /// Chains pieces from the start of the segment: at each place the one that leads farthest. The others are of no
    /// use: merged already, or behind a hole.
    /// </summary>
    /// <param name="segment">Pieces of other segments are passed over.</param>
    /// <param name="pieces">In any order.</param>
    public static WalPieceChain Of(WalSegmentName segment, IEnumerable<WalPieceName> pieces)
    {
        var farthest = new Dictionary<long, WalPieceName>();
        foreach (var piece in pieces.Where(piece => piece.Segment == segment))
        {
            if (!farthest.TryGetValue(piece.From, out var other) || other.To < piece.To)
                farthest[piece.From] = piece;
        }

        var chain = new List<WalPieceName>();
        for (long end = 0; farthest.TryGetValue(end, out var next); end = next.To)
            chain.Add(next);
        return new WalPieceChain(segment, chain);
    }

    /// <summary>The chain with one more piece at its end.</summary>
    public WalPieceChain With(WalPieceName piece) => this with { Pieces = [.. Pieces, piece] };

    /// <summary>
    /// Which pieces at the end are to become one, once there are many; empty while there are few. A long piece is
    /// merged again only with others that are together as long, so that each byte is written a few times at most.
    /// </summary>
    public IReadOnlyList<WalPieceName> FindMergeable()
    {
        if (Pieces.Count < MostPieces)
            return [];
        long tail = 0;
        for (var first = Pieces.Count - 1; first > 0; first--)
        {
            tail += Pieces[first].Length;
            if (Pieces.Count - first >= FewestMerged && Pieces[first - 1].Length > 2 * tail)
                return [.. Pieces.Skip(first)];
        }

        return Pieces;
    }

    /// <summary>The chain after the pieces at its end were merged.</summary>
    public WalPieceChain Merged(IReadOnlyList<WalPieceName> merged) => this with
    {
        Pieces = [.. Pieces.Take(Pieces.Count - merged.Count), new(Segment, merged[0].From, merged[^1].To)],
    };
}
