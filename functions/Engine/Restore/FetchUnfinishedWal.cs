using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Makes a segment of what was streamed of it before the server was lost: the pieces, and zeros up to a segment's size.
/// PostgreSQL replays it up to the last whole record and takes that for the end of the WAL.
/// </summary>
/// <param name="repositories">All of them have answered that they do not have the segment whole.</param>
internal sealed class FetchUnfinishedWal(IReadOnlyList<RepositorySource> repositories)
{
    private const int Attempts = 5;

    /// <summary>Puts the segment at the destination, whole and verified or not at all. The repository that leads
    /// farthest is taken; one that has come to have it whole meanwhile before all others.</summary>
    /// <returns>False if none has a usable piece of it, or if it is not where the WAL ends.</returns>
    /// <exception cref="HighwaterException">Pieces are there, but no repository could give them: the first failure; any
    /// storage error.</exception>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public async Task<bool> RunAsync(
        WalSegmentName segment, string destination, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(segment, destination, cancellationToken);
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing && attempt < Attempts)
            {
                // Streaming goes on, and merged or finished what was listed: the next listing shows it.
            }
        }
    }

    private async Task<bool> TryAsync(
        WalSegmentName segment, string destination, CancellationToken cancellationToken)
    {
        var seen = new List<(WalPieces Pieces, List<WalPieceName> Beside)>();
        foreach (var source in repositories)
        {
            var pieces = new WalPieces(await source.OpenAsync(cancellationToken));
            seen.Add((pieces, [.. (await pieces.ListBesideAsync(segment, cancellationToken)).Select(p => p.Name)]));
        }

        var found = seen.Select(one => (one.Pieces, Chain: WalPieceChain.Of(segment, one.Beside)))
            .Where(one => one.Chain.Length > 0).OrderByDescending(one => one.Chain.Length).ToList();
        var isEnd = found.Count > 0;
        foreach (var (pieces, beside) in seen)
            isEnd = isEnd && await IsEndAsync(segment, beside, new WalArchive(pieces.Repository), cancellationToken);

        // Asked last: pieces go away, and later WAL comes, only after the segment is there whole.
        foreach (var archive in seen.Select(one => new WalArchive(one.Pieces.Repository)))
        {
            if (await archive.StatAsync(WalFileName.Of(segment), cancellationToken) is not { StoredBytes: > 0 })
                continue;
            await archive.FetchAsync(WalFileName.Of(segment), destination, cancellationToken);
            return true;
        }

        return isEnd && await WriteFarthestAsync(found, destination, cancellationToken);
    }

    private static async Task<bool> WriteFarthestAsync(
        IEnumerable<(WalPieces Pieces, WalPieceChain Chain)> found,
        string destination,
        CancellationToken cancellationToken)
    {
        HighwaterException? trouble = null;
        foreach (var (pieces, chain) in found)
        {
            try
            {
                await WriteAsync(pieces, chain, destination, cancellationToken);
                return true;
            }
            catch (HighwaterException e) when (e.Code != ErrorCodes.StorageObjectMissing)
            {
                trouble ??= e;
            }
        }

        return trouble is null ? false : throw trouble;
    }

    /// <summary>
    /// Whether a repository shows nothing that follows on its timeline, nor that the cluster left that timeline before
    /// the segment: recovery towards the newer one asks for the old one's segments too (XLogFileReadAnyTLI in
    /// access/transam/xlogrecovery.c). One that shows it is enough, though the pieces be another's.
    /// </summary>
    private static async Task<bool> IsEndAsync(
        WalSegmentName segment,
        IReadOnlyList<WalPieceName> beside,
        WalArchive archive,
        CancellationToken cancellationToken)
    {
        if (beside.Any(piece => IsLater(piece.Segment, segment)))
            return false;
        var start = segment.Start(archive.Repository.Description.WalSegmentSize);
        foreach (var file in await archive.ListAsync(cancellationToken))
        {
            if (file.Name.Kind == WalFileKind.Segment && file.IsThere && IsLater(file.Name.Segment, segment))
                return false;
            if (file.Name.Kind == WalFileKind.TimelineHistory
                && (await archive.ReadHistoryAsync(file.Name.Segment.Timeline, cancellationToken)).Leaves(
                    segment.Timeline, start))
                return false;
        }

        return true;
    }

    private static bool IsLater(WalSegmentName other, WalSegmentName segment) =>
        other.Timeline == segment.Timeline && other.CompareTo(segment) > 0;

    private static Task WriteAsync(
        WalPieces pieces, WalPieceChain chain, string destination, CancellationToken cancellationToken) =>
        WholeFile.WriteAsync(destination, async file =>
        {
            await pieces.CopyToAsync(chain, file, cancellationToken);
            file.SetLength(pieces.Repository.Description.WalSegmentSize.Bytes);
        });
}
