using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.WalArchiving;
using Highwater.Engine.Verification;
using Highwater.Engine.WalArchiving.Streaming;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Repository;

public sealed class WalPiecesTests
{
    private static readonly WalSegmentName Segment = WalSegmentName.Parse("00000001000000000000000A");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_pieces_become_few_and_read_back_as_the_segment_so_far()
    {
        await using var scene = await TestRepository.CreateAsync(Token);
        var pieces = new WalPieces(scene.Repository);
        var writer = new PieceWriter(pieces, NullLogger.Instance);
        writer.BeginEmpty(Segment);
        await using var segment = OpenSegment.Create(Segment, new WalSegmentSize(16 << 20), scene.Folder.Path);
        var bytes = TestBytes.Of(200_000, 3);
        for (var at = 0; at < bytes.Length; at += 2_000)
        {
            await segment.AppendAsync(bytes.AsMemory(at, 2_000), Token);
            await writer.KeepAsync(segment, Token);
        }

        var listed = await pieces.ListBesideAsync(Segment, Token);
        Assert.InRange(listed.Count, 1, 32);
        var chain = await pieces.ReadChainAsync(Segment, Token);
        Assert.Equal(listed.Count, chain.Pieces.Count);
        using var back = new MemoryStream();
        await pieces.CopyToAsync(chain, back, Token);
        Assert.Equal(bytes, back.ToArray());
        await writer.RemoveAsync(Token);
        Assert.Empty(await pieces.ListBesideAsync(Segment, Token));
    }

    [Fact]
    public async Task What_a_killed_process_left_counts_only_once_it_is_durable()
    {
        await using var scene = await WalScene.CreateAsync();
        var pieces = new WalPieces(scene.Local);
        var piece = await PutAsync(pieces, 0, TestBytes.Of(5_000, 1));
        var writer = new PieceWriter(pieces, NullLogger.Instance);
        scene.LocalStorage.Fault = (method, key) =>
            method == nameof(scene.LocalStorage.PutAsync) && key == RepositoryLayout.WalPiece(piece)
                ? new TransientException(ErrorCodes.StorageFailed, "It cannot be flushed.", "wait")
                : null;

        await Assert.ThrowsAsync<TransientException>(() => writer.BeginAsync(Segment, Token));
        Assert.Equal(0, writer.Length);

        scene.LocalStorage.Fault = (_, _) => null;
        await writer.BeginAsync(Segment, Token);
        Assert.Equal(5_000, writer.Length);
    }

    [Theory]
    [InlineData("bit")]
    [InlineData("cut")]
    [InlineData("empty")]
    public async Task A_damaged_piece_is_found_by_every_reader_and_by_verify(string damage)
    {
        await using var scene = await TestRepository.CreateAsync(Token);
        var pieces = new WalPieces(scene.Repository);
        var piece = await PutAsync(pieces, 0, TestBytes.Of(5_000, 1));
        scene.Damage(RepositoryLayout.WalPiece(piece), bytes => damage switch
        {
            "bit" => Flip(bytes),
            "cut" => bytes[..^10],
            _ => [],
        });

        var error = await Assert.ThrowsAsync<HighwaterException>(
            async () => await pieces.CopyToAsync(await pieces.ReadChainAsync(Segment, Token), Stream.Null, Token));
        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
        var report = await new VerifyRepository(TimeProvider.System, NullLogger<VerifyRepository>.Instance).RunAsync(
            scene.Repository, new VerifyRequest(null, VerifyDepth.Full), null, null, Token);
        Assert.Contains(report.Findings, finding => finding.Key == RepositoryLayout.WalPiece(piece));
    }

    [Fact]
    public async Task A_piece_under_the_name_of_another_is_not_taken_for_it()
    {
        await using var scene = await TestRepository.CreateAsync(Token);
        var pieces = new WalPieces(scene.Repository);
        var piece = await PutAsync(pieces, 0, TestBytes.Of(100, 1));
        var other = piece with { Segment = Segment.Next(scene.Repository.Description.WalSegmentSize) };
        File.Copy(scene.PathOf(RepositoryLayout.WalPiece(piece)), scene.PathOf(RepositoryLayout.WalPiece(other)));

        Assert.Equal(
            ErrorCodes.RepositoryDamaged,
            (await Assert.ThrowsAsync<HighwaterException>(() => pieces.OpenReadAsync(other, Token))).Code);
    }

    [Fact]
    public async Task The_same_bytes_again_are_success_and_others_are_a_conflict_that_replaces_nothing()
    {
        await using var scene = await TestRepository.CreateAsync(Token);
        var pieces = new WalPieces(scene.Repository);
        var bytes = TestBytes.Of(100, 1);
        var piece = await PutAsync(pieces, 0, bytes);
        await PutAsync(pieces, 0, bytes);

        var conflict = await Assert.ThrowsAsync<HighwaterException>(() => PutAsync(pieces, 0, TestBytes.Of(100, 2)));

        Assert.Equal(ErrorCodes.WalConflict, conflict.Code);
        await using var there = await pieces.OpenReadAsync(piece, Token);
        Assert.Equal(Sha256Hash.Of(bytes), Sha256Hash.Of(await ReadAsync(there)));
    }

    [Fact]
    public async Task Resuming_on_a_damaged_piece_drops_it_and_goes_on_from_what_is_good_before_it()
    {
        await using var scene = await TestRepository.CreateAsync(Token);
        var pieces = new WalPieces(scene.Repository);
        var bytes = TestBytes.Of(900, 1);
        await PutAsync(pieces, 0, bytes[..300]);
        var bad = await PutAsync(pieces, 300, bytes[300..600]);
        await PutAsync(pieces, 600, bytes[600..]);
        scene.Damage(RepositoryLayout.WalPiece(bad), Flip);
        await using var segment = OpenSegment.Create(Segment, new WalSegmentSize(16 << 20), scene.Folder.Path);
        var writer = new PieceWriter(pieces, NullLogger.Instance);

        await writer.BeginAsync(Segment, Token);
        await writer.LoadAsync(segment, Token);

        Assert.Equal(300, segment.Written);
        Assert.Equal(300, writer.Length);
        await segment.AppendAsync(bytes.AsMemory(300), Token);
        await writer.KeepAsync(segment, Token);
        using var back = new MemoryStream();
        await pieces.CopyToAsync(await pieces.ReadChainAsync(Segment, Token), back, Token);
        Assert.Equal(bytes, back.ToArray());
    }

    private static async Task<WalPieceName> PutAsync(WalPieces pieces, long from, byte[] bytes)
    {
        var piece = new WalPieceName(Segment, from, from + bytes.Length);
        await pieces.PutAsync(piece, () => new MemoryStream(bytes), Token);
        return piece;
    }

    private static byte[] Flip(byte[] bytes)
    {
        bytes[^20] ^= 4;
        return bytes;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }
}
