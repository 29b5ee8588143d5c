using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Tests.Repository;

public sealed class WalPieceChainTests
{
    private static readonly WalSegmentName Segment = WalSegmentName.Parse("00000001000000000000000A");

    [Fact]
    public void A_chain_takes_at_each_place_the_piece_that_leads_farthest_and_ends_at_a_hole()
    {
        var chain = WalPieceChain.Of(
            Segment,
            [Piece(10, 20), Piece(0, 10), Piece(0, 30), Piece(20, 30), Piece(30, 45), Piece(50, 60),
                Piece(45, 50) with { Segment = Segment with { Timeline = 2 } }]);

        Assert.Equal([Piece(0, 30), Piece(30, 45)], chain.Pieces);
        Assert.Equal(45, chain.Length);
    }

    [Fact]
    public void Nothing_at_the_start_is_no_chain() =>
        Assert.Equal(0, WalPieceChain.Of(Segment, [Piece(1, 2)]).Length);

    [Fact]
    public void Merged_as_told_the_pieces_stay_few_and_each_byte_is_written_a_few_times_only()
    {
        var random = new Random(7);
        var chain = WalPieceChain.Of(Segment, []);
        long written = 0;
        while (chain.Length < 1 << 30)
        {
            var length = random.Next(1, 1 << 18);
            chain = chain.With(Piece(chain.Length, chain.Length + length));
            written += length;
            if (chain.FindMergeable() is { Count: > 0 } mergeable)
            {
                Assert.Equal(mergeable, chain.Pieces.Skip(chain.Pieces.Count - mergeable.Count));
                chain = chain.Merged(mergeable);
                written += chain.Pieces[^1].Length;
            }

            Assert.InRange(chain.Pieces.Count, 1, 32);
            Assert.Equal(chain.Pieces, WalPieceChain.Of(Segment, chain.Pieces).Pieces);
        }

        Assert.InRange(written, chain.Length, 8 * chain.Length);
    }

    [Theory]
    [InlineData("00000001000000000000000A.00000000-00000010.partial", true)]
    [InlineData("00000001000000000000000A.0000000A-40000000.partial", true)]
    [InlineData("00000001000000000000000A.partial", false)]
    [InlineData("00000001000000000000000A.00000010-00000010.partial", false)]
    [InlineData("00000001000000000000000A.00000010.backup", false)]
    [InlineData("00000001000000000000000A.00000000-0000001g.partial", false)]
    [InlineData("00000001000000000000000A.00000000-00000010.partial\n", false)]
    public void A_piece_is_known_by_its_name_and_is_no_file_of_PostgreSQLs(string name, bool isPiece)
    {
        Assert.Equal(isPiece, WalPieceName.TryParse(name, out var piece));
        if (!isPiece)
            return;
        Assert.Equal(name, piece.ToString());
        Assert.False(WalFileName.TryParse(name, out _));
        var key = RepositoryLayout.WalPiece(piece);
        Assert.Equal(piece, RepositoryLayout.WalPieceOf(key));
        Assert.Null(RepositoryLayout.WalFileOf(key));
    }

    private static WalPieceName Piece(long from, long to) => new(Segment, from, to);
}
