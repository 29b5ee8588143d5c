using System.Security.Cryptography;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// The unfinished segments of one repository, each in pieces. As everything here pieces are published whole or not at
/// all, never replaced, and checked when they are read.
/// </summary>
public sealed class WalPieces(BackupRepository repository)
{
    // Pieces of a busy minute; a round trip to the storage each.
    private const int DeletionsAtOnce = 4;

    public BackupRepository Repository { get; } = repository;

    private IStorage Storage => Repository.Storage;

    private WalSegmentSize Size => Repository.Description.WalSegmentSize;

    /// <summary>Stores a piece, durable as the storage promises, when this returns. Repeatable with the same
    /// bytes.</summary>
    /// <param name="piece">Which one.</param>
    /// <param name="open">Opens its plain bytes; called several times, to hash and to store them.</param>
    /// <param name="cancellationToken">Stops it; the piece is then there whole or not at all.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalConflict"/>: other bytes have this name; any
    /// storage error.</exception>
    public async Task<PutOutcome> PutAsync(
        WalPieceName piece, Func<Stream> open, CancellationToken cancellationToken)
    {
        Sha256Hash hash;
        await using (var plain = open())
            hash = await HashAsync(plain, cancellationToken);
        var start = piece.Segment.Start(Size).Value;
        var header = new WalSegmentHeader(
            piece.ToString(), hash, piece.Length, Repository.Description.SystemIdentifier, piece.Segment.Timeline,
            new Lsn(start + (ulong)piece.From), new Lsn(start + (ulong)piece.To));
        using var encoded = await EncodedWalSegment.CreateAsync(header, open, leaveOpen: false, cancellationToken);
        try
        {
            return await Storage.PutAsync(RepositoryLayout.WalPiece(piece), encoded.Content, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageConflict)
        {
            // The same bytes may have been compressed by another version.
            await using var there = await OpenReadAsync(piece, cancellationToken);
            if (await HashAsync(there, cancellationToken) != hash)
                throw Conflict(piece, e);
            await Storage.SettleAsync(RepositoryLayout.WalPiece(piece), cancellationToken);
            return PutOutcome.AlreadyThere;
        }
    }

    /// <summary>
    /// Makes durable what a listing shows of a segment. Every piece was flushed before it got its name, and flushing
    /// the folder after one of them makes the names of all of them durable.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.StorageObjectMissing"/>; any storage
    /// error.</exception>
    public async Task SettleAsync(WalPieceChain chain, CancellationToken cancellationToken)
    {
        if (chain.Pieces.Count > 0)
            await Storage.SettleAsync(RepositoryLayout.WalPiece(chain.Pieces[^1]), cancellationToken);
    }

    /// <summary>All pieces in the folder of a segment, by one listing: its own and those of its neighbours, in no
    /// particular order.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public async Task<IReadOnlyList<WalPieceEntry>> ListBesideAsync(
        WalSegmentName segment, CancellationToken cancellationToken)
    {
        var pieces = new List<WalPieceEntry>();
        var whole = new HashSet<WalSegmentName>();
        await foreach (var entry in Storage.ListAsync(RepositoryLayout.WalFolder(segment), cancellationToken))
        {
            if (RepositoryLayout.WalPieceOf(entry.Key) is { } piece)
                pieces.Add(new WalPieceEntry(piece, entry.ModifiedAt, false));
            else if (RepositoryLayout.WalFileOf(entry.Key) is { Kind: WalFileKind.Segment } file && entry.Length > 0)
                whole.Add(file.Segment);
        }

        return [.. pieces.Select(piece => piece with { IsSuperseded = whole.Contains(piece.Name.Segment) })];
    }

    /// <summary>All pieces of a segment that lead on from its start, by one listing of its folder.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public async Task<WalPieceChain> ReadChainAsync(WalSegmentName segment, CancellationToken cancellationToken) =>
        WalPieceChain.Of(
            segment, (await ListBesideAsync(segment, cancellationToken)).Select(piece => piece.Name));

    /// <summary>
    /// Opens the plain bytes of a piece. The stream throws at its end if they are not those that were stored.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>;
    /// <see cref="ErrorCodes.StorageObjectMissing"/>; any storage error. Reading throws the same.</exception>
    public async Task<Stream> OpenReadAsync(WalPieceName piece, CancellationToken cancellationToken)
    {
        var what = $"{RepositoryLayout.WalPiece(piece)} of {Storage.Address}";
        var stored = await Storage.OpenReadAsync(RepositoryLayout.WalPiece(piece), null, cancellationToken);
        try
        {
            var header = await WalSegmentFrame.ReadAsync(stored, what, cancellationToken);
            if (header.Name != piece.ToString() || header.Size != piece.Length
                || header.SystemIdentifier != Repository.Description.SystemIdentifier)
                throw WalSegmentFrame.Damaged(
                    what, $"its first frame says it is {header.Name} of {header.SystemIdentifier}");
            return new WalSegmentReadStream(stored, header, what);
        }
        catch
        {
            await stored.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the plain bytes of a chain, each piece checked to its end.</summary>
    /// <exception cref="HighwaterException">As <see cref="OpenReadAsync"/>; what was written until then stays
    /// written.</exception>
    public async Task CopyToAsync(WalPieceChain chain, Stream destination, CancellationToken cancellationToken)
    {
        foreach (var piece in chain.Pieces)
        {
            await using var plain = await OpenReadAsync(piece, cancellationToken);
            await plain.CopyToAsync(destination, 1 << 17, cancellationToken);
        }
    }

    /// <summary>Removes pieces that are merged, or whose segment is there whole. Those that are gone already do not
    /// matter.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public Task DeleteAsync(IEnumerable<WalPieceName> pieces, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            pieces,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = DeletionsAtOnce, CancellationToken = cancellationToken,
            },
            async (piece, token) => await Storage.DeleteAsync(RepositoryLayout.WalPiece(piece), token));

    private static async Task<Sha256Hash> HashAsync(Stream plain, CancellationToken cancellationToken) =>
        new(await SHA256.HashDataAsync(plain, cancellationToken));

    private HighwaterException Conflict(WalPieceName piece, Exception inner) => new(
        ErrorCodes.WalConflict,
        $"{RepositoryLayout.WalPiece(piece)} of {Storage.Address} holds other bytes than the server sends for that "
        + "part of its WAL. What is there was kept.",
        "find out whether two servers with the same system identifier "
        + $"({Repository.Description.SystemIdentifier}) are streamed into one repository, or whether this one lost its "
        + "newest WAL in a crash (fsync off?): then remove that object and take a base backup: highwater backup",
        inner);
}
