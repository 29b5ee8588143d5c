using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Restore;

/// <summary>
/// Makes a segment of what was streamed of it before the server was lost: the pieces, and zeros up to a segment's size.
/// PostgreSQL replays it up to the last whole record and takes that for the end of the WAL.
/// </summary>
/// <param name="repositories">All of them have answered that they do not have the segment whole.</param>
/// <param name="timeline">Which one recovery is to end on; null if that is not known, so that nothing is given of what
/// any timeline has left behind.</param>
internal sealed class FetchUnfinishedWal(IReadOnlyList<RepositorySource> repositories, uint? timeline)
{
    private const int Attempts = 5;

    /// <summary>Puts the segment at the destination, whole and verified or not at all. The repository that leads
    /// farthest is taken; one that has come to have it whole meanwhile before all others.</summary>
    /// <returns>False if none has a usable piece of it, or if it is not where the WAL ends.</returns>
    /// <exception cref="HighwaterException">Pieces are there, but no repository could give them, or the one that leads
    /// farthest could not, for a reason that may pass; any storage error.</exception>
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
        var archives = new List<WalArchive>();
        var found = new List<(WalArchive Archive, WalPieceChain Chain)>();
        foreach (var source in repositories)
        {
            var archive = new WalArchive(await source.OpenAsync(cancellationToken));
            archives.Add(archive);
            var chain = await new WalPieces(archive.Repository).ReadChainAsync(segment, cancellationToken);
            if (chain.Length > 0)
                found.Add((archive, chain));
        }

        var given = found.Count > 0 ? await JudgeAsync(found, archives, cancellationToken) : [];

        // Asked last: pieces go away, and later WAL comes, only after the segment is there whole.
        foreach (var archive in archives)
        {
            if (await archive.StatAsync(WalFileName.Of(segment), cancellationToken) is not { IsThere: true })
                continue;
            await archive.FetchAsync(WalFileName.Of(segment), destination, cancellationToken);
            return true;
        }

        return await WriteFarthestAsync(given, destination, cancellationToken);
    }

    /// <summary>Which chains recovery may be given, and how many bytes of each. A repository judges for itself where
    /// its WAL ends; where a timeline was left, one that knows it is enough, though the pieces be another's.</summary>
    private async Task<IReadOnlyList<(WalPieces Pieces, WalPieceChain Chain, long Length)>> JudgeAsync(
        IEnumerable<(WalArchive Archive, WalPieceChain Chain)> found,
        IEnumerable<WalArchive> archives,
        CancellationToken cancellationToken)
    {
        var files = new Dictionary<WalArchive, List<WalFileName>>();
        foreach (var archive in archives)
        {
            var listed = await archive.ListAsync(cancellationToken);
            files[archive] = [.. listed.Where(file => file.IsThere).Select(file => file.Name)];
        }

        var histories = await ReadHistoriesAsync(files, cancellationToken);
        var given = new List<(WalPieces, WalPieceChain, long)>();
        foreach (var (archive, chain) in found)
        {
            var size = archive.Repository.Description.WalSegmentSize;
            var start = chain.Segment.Start(size).Value;
            var whole = files[archive].Where(file => file.Kind == WalFileKind.Segment).Select(file => file.Segment);
            var end = new Lsn(start + (ulong)chain.Length);
            if (UnfinishedEnd.Find(chain.Segment, end, size, whole, histories) is { } last)
                given.Add((new WalPieces(archive.Repository), chain, (long)(last.Value - start)));
        }

        return given;
    }

    /// <exception cref="HighwaterException">No repository could give one of them: the first failure.</exception>
    private async Task<IReadOnlyList<TimelineHistory>> ReadHistoriesAsync(
        Dictionary<WalArchive, List<WalFileName>> files, CancellationToken cancellationToken)
    {
        var histories = new Dictionary<uint, TimelineHistory>();
        var troubles = new Dictionary<uint, HighwaterException>();
        foreach (var (archive, child) in from held in files
                                         from file in held.Value
                                         where file.Kind == WalFileKind.TimelineHistory
                                         where timeline is null || file.Segment.Timeline == timeline
                                         select (held.Key, file.Segment.Timeline))
        {
            try
            {
                histories[child] = await archive.ReadHistoryAsync(child, cancellationToken);
            }
            catch (HighwaterException e)
            {
                troubles.TryAdd(child, e);
            }
        }

        return troubles.Where(trouble => !histories.ContainsKey(trouble.Key)).Select(trouble => trouble.Value)
            .FirstOrDefault() is { } unknown ? throw unknown : [.. histories.Values];
    }

    private static async Task<bool> WriteFarthestAsync(
        IEnumerable<(WalPieces Pieces, WalPieceChain Chain, long Length)> given,
        string destination,
        CancellationToken cancellationToken)
    {
        HighwaterException? damage = null;
        (HighwaterException Error, long Length)? passing = null;
        foreach (var (pieces, chain, length) in given.OrderByDescending(one => one.Length))
        {
            // What cannot be read now may be read in a moment, and recovery would have ended by then.
            if (passing is { } away && length < away.Length)
                throw away.Error;
            try
            {
                await WriteAsync(pieces, chain, length, destination, cancellationToken);
                return true;
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged)
            {
                damage ??= e;
            }
            catch (HighwaterException e) when (e.Code != ErrorCodes.StorageObjectMissing)
            {
                passing ??= (e, length);
            }
        }

        return (passing?.Error ?? damage) is { } trouble ? throw trouble : false;
    }

    private static Task WriteAsync(
        WalPieces pieces, WalPieceChain chain, long length, string destination, CancellationToken cancellationToken) =>
        WholeFile.WriteAsync(destination, async file =>
        {
            await pieces.CopyToAsync(chain, file, cancellationToken);
            file.SetLength(length);
            file.SetLength(pieces.Repository.Description.WalSegmentSize.Bytes);
        });
}
