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
    /// <summary>Puts the segment at the destination, whole and verified or not at all. The repository that leads
    /// farthest is taken.</summary>
    /// <returns>False if none has a usable piece of it, or if it is not where the WAL ends.</returns>
    /// <exception cref="HighwaterException">Pieces are there, but no repository could give them: the first failure; any
    /// storage error.</exception>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public async Task<bool> RunAsync(
        WalSegmentName segment, string destination, CancellationToken cancellationToken)
    {
        var found = new List<(WalPieces Pieces, WalPieceChain Chain)>();
        foreach (var source in repositories)
        {
            var repository = await source.OpenAsync(cancellationToken);
            var pieces = new WalPieces(repository);
            var beside = (await pieces.ListBesideAsync(segment, cancellationToken)).Select(p => p.Name).ToList();
            var chain = WalPieceChain.Of(segment, beside);
            if (chain.Length > 0 && await IsEndAsync(segment, beside, new WalArchive(repository), cancellationToken))
                found.Add((pieces, chain));
        }

        HighwaterException? trouble = null;
        foreach (var (pieces, chain) in found.OrderByDescending(one => one.Chain.Length))
        {
            try
            {
                await WriteAsync(pieces, chain, destination, cancellationToken);
                return true;
            }
            catch (HighwaterException e)
            {
                trouble ??= e;
            }
        }

        return trouble is null ? false : throw trouble;
    }

    /// <summary>
    /// Whether nothing follows on its timeline, and the cluster did not leave that timeline before the segment:
    /// recovery towards the newer one asks for the old one's segments too (XLogFileReadAnyTLI in
    /// access/transam/xlogrecovery.c).
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
            if (file.Name.Kind == WalFileKind.Segment && file.StoredBytes > 0 && IsLater(file.Name.Segment, segment))
                return false;
            if (file.Name.Kind == WalFileKind.TimelineHistory
                && (await archive.ReadHistoryAsync(file.Name.Segment.Timeline, cancellationToken)).Forks.Any(
                    fork => fork.Parent == segment.Timeline && fork.SwitchPoint <= start))
                return false;
        }

        return true;
    }

    private static bool IsLater(WalSegmentName other, WalSegmentName segment) =>
        other.Timeline == segment.Timeline && other.CompareTo(segment) > 0;

    private static async Task WriteAsync(
        WalPieces pieces, WalPieceChain chain, string destination, CancellationToken cancellationToken)
    {
        var temporary = $"{destination}.{Path.GetRandomFileName()}.tmp";
        try
        {
            await using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            }))
            {
                await pieces.CopyToAsync(chain, file, cancellationToken);
                file.SetLength(pieces.Repository.Description.WalSegmentSize.Bytes);
            }

            File.Move(temporary, destination, overwrite: true);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }
}
