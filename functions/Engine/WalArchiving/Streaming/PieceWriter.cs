using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.WalArchiving.Streaming;

/// <summary>Keeps the unfinished segment of one repository up to date: a piece for what came since the last one, and
/// now and then one piece in place of many.</summary>
internal sealed partial class PieceWriter(WalPieces pieces, ILogger logger)
{
    private WalPieceChain? _chain;
    private List<WalPieceName> _useless = [];

    /// <summary>Whose pieces are written, or null before the first.</summary>
    public WalSegmentName? Segment => _chain?.Segment;

    /// <summary>How much of the segment the repository has durably, in bytes.</summary>
    public long Length => _chain?.Length ?? 0;

    /// <summary>Goes on to a segment of which the repository may have pieces already, and removes what is superseded
    /// beside it.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public async Task BeginAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        var beside = await pieces.ListBesideAsync(segment, cancellationToken);
        await pieces.DeleteAsync(beside.Where(p => p.IsSuperseded).Select(p => p.Name), cancellationToken);
        var own = beside.Where(p => !p.IsSuperseded && p.Name.Segment == segment).Select(p => p.Name).ToList();
        var chain = WalPieceChain.Of(segment, own);
        await pieces.SettleAsync(chain, cancellationToken);
        _useless = [.. own.Except(chain.Pieces)];
        _chain = chain;
    }

    /// <summary>Goes on to a segment of which the repository has nothing.</summary>
    public void BeginEmpty(WalSegmentName segment) => (_chain, _useless) = (new WalPieceChain(segment, []), []);

    /// <summary>
    /// Reads what the repository has of the segment. A piece that is damaged is removed, and what it was to hold comes
    /// from the server again.
    /// </summary>
    /// <exception cref="HighwaterException">Any storage error but damage.</exception>
    public async Task LoadAsync(OpenSegment segment, CancellationToken cancellationToken)
    {
        foreach (var piece in _chain!.Pieces)
        {
            try
            {
                await using var plain = await pieces.OpenReadAsync(piece, cancellationToken);
                await plain.CopyToAsync(segment.Appender(), 1 << 17, cancellationToken);
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged)
            {
                LogDamaged(logger, piece.ToString(), pieces.Repository.Name, e.Message);
                segment.CutTo(piece.From);
                await pieces.DeleteAsync([piece], cancellationToken);
                var kept = _chain.Pieces.TakeWhile(other => other != piece).ToList();
                _useless.AddRange(_chain.Pieces.Skip(kept.Count + 1));
                _chain = new WalPieceChain(_chain.Segment, kept);
                return;
            }
        }
    }

    /// <summary>Stores what the segment has and the repository lacks. When this returns it is durable.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalConflict"/>; any storage error.</exception>
    /// <exception cref="FileNotFoundException">The segment was disposed meanwhile.</exception>
    public async Task KeepAsync(OpenSegment segment, CancellationToken cancellationToken)
    {
        var written = segment.Written;
        if (_chain!.Length >= written)
            return;
        var piece = new WalPieceName(segment.Name, _chain.Length, written);
        await pieces.PutAsync(piece, () => segment.Open(piece.From, piece.To), cancellationToken);
        _chain = _chain.With(piece);
        if (_chain.FindMergeable() is not { Count: > 0 } mergeable)
            return;
        var merged = _chain.Merged(mergeable);
        var one = merged.Pieces[^1];
        await pieces.PutAsync(one, () => segment.Open(one.From, one.To), cancellationToken);
        _chain = merged;
        await pieces.DeleteAsync(mergeable, cancellationToken);
    }

    /// <summary>Removes all pieces of the segment, because the repository has it whole, or because they turned out to
    /// be wrong.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (_chain is null)
            return;
        await pieces.DeleteAsync([.. _useless, .. _chain.Pieces], cancellationToken);
        BeginEmpty(_chain.Segment);
    }

    [LoggerMessage(EventId = 533, Level = LogLevel.Error,
        Message = "The piece {Piece} of the repository {Repository} is damaged; its bytes are streamed again: {Error}")]
    private static partial void LogDamaged(ILogger logger, string piece, string repository, string error);
}
