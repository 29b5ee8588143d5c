using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Reads what a repository has of a segment that is being streamed: meanwhile its pieces may be merged, or make room
/// for the whole segment.
/// </summary>
internal sealed class ReadUnfinishedWal(WalArchive archive, WalSegmentName segment, Action<ReadOnlyMemory<byte>> take)
{
    private const int Attempts = 5;
    private readonly byte[] _buffer = new byte[1 << 18];
    private long _taken;

    /// <exception cref="HighwaterException">A piece is damaged; any storage error.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ReadOnAsync(cancellationToken);
                return;
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing && attempt < Attempts)
            {
                // What was listed is merged or whole by now: the next listing shows it.
            }
        }
    }

    private async Task ReadOnAsync(CancellationToken cancellationToken)
    {
        var pieces = new WalPieces(archive.Repository);
        var chain = await pieces.ReadChainAsync(segment, cancellationToken);
        foreach (var piece in chain.Pieces.Where(piece => piece.To > _taken))
        {
            await using var plain = await pieces.OpenReadAsync(piece, cancellationToken);
            await TakeAsync(plain, _taken - piece.From, cancellationToken);
        }

        // Pieces go away only after the segment is there whole.
        var file = WalFileName.Of(segment);
        if (chain.Length > 0 || await archive.StatAsync(file, cancellationToken) is not { IsThere: true })
            return;
        await using var whole = await archive.OpenReadAsync(file, cancellationToken);
        await TakeAsync(whole, _taken, cancellationToken);
    }

    private async Task TakeAsync(Stream plain, long known, CancellationToken cancellationToken)
    {
        while (await plain.ReadAsync(_buffer, cancellationToken) is var count and > 0)
        {
            var skipped = (int)Math.Min(known, count);
            known -= skipped;
            _taken += count - skipped;
            take(_buffer.AsMemory(skipped, count - skipped));
        }
    }
}
