using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Restore;

/// <summary>
/// Makes a segment of what was streamed of it before the server was lost: the pieces, and zeros up to a segment's size.
/// PostgreSQL replays it up to the last whole record and takes that for the end of the WAL. Where no piece leads
/// farther, the <c>.partial</c> file of a promotion is given, of which PostgreSQL never asks by that name
/// (CleanupAfterArchiveRecovery in access/transam/xlog.c): it has what the new timeline's own copy of the segment may
/// not have brought yet.
/// </summary>
/// <param name="repositories">All of them have answered that they do not have the segment whole.</param>
/// <param name="timeline">Which one recovery is to end on; null if that is not known, so that nothing is given of what
/// any timeline has left behind.</param>
internal sealed class FetchUnfinishedWal(IReadOnlyList<RepositorySource> repositories, uint? timeline)
{
    private const int Attempts = 5;

    /// <summary>Puts the segment at the destination, whole and verified or not at all. The repository that leads
    /// farthest is taken; one that has come to have it whole meanwhile before all others.</summary>
    /// <param name="segment">Which.</param>
    /// <param name="given">How many of its bytes lead to the timeline, for one that is whole meanwhile; null for
    /// all.</param>
    /// <param name="destination">Where it is to stand.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>False if none has a usable piece of it nor what a promotion left, or if it is not where the WAL
    /// ends.</returns>
    /// <exception cref="HighwaterException">Pieces are there, but no repository could give them, or the one that leads
    /// farthest could not, for a reason that may pass; any storage error.</exception>
    /// <exception cref="IOException">The destination cannot be written.</exception>
    public async Task<bool> RunAsync(
        WalSegmentName segment, long? given, string destination, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(segment, given, destination, cancellationToken);
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing && attempt < Attempts)
            {
                // Streaming goes on, and merged or finished what was listed: the next listing shows it.
            }
        }
    }

    private async Task<bool> TryAsync(
        WalSegmentName segment, long? given, string destination, CancellationToken cancellationToken)
    {
        var archives = new List<WalArchive>();
        foreach (var source in repositories)
            archives.Add(new WalArchive(await source.OpenAsync(cancellationToken)));
        List<UnfinishedCopy> found =
        [
            .. await FindPiecesAsync(segment, archives, cancellationToken),
            .. await FindPartialsAsync(segment, archives, cancellationToken),
        ];
        var judged = found.Count > 0 ? await JudgeAsync(segment, found, archives, cancellationToken) : [];

        // Asked last: pieces go away, and later WAL comes, only after the segment is there whole.
        foreach (var archive in archives)
        {
            if (await archive.StatAsync(WalFileName.Of(segment), cancellationToken) is not { IsThere: true })
                continue;
            await TimelineCut.FetchAsync(
                archive, WalFileName.Of(segment), given, destination, cancellationToken);
            return true;
        }

        return await WriteFarthestAsync(judged, destination, cancellationToken);
    }

    private static async Task<List<UnfinishedCopy>> FindPiecesAsync(
        WalSegmentName segment, IEnumerable<WalArchive> archives, CancellationToken cancellationToken)
    {
        var found = new List<UnfinishedCopy>();
        foreach (var archive in archives)
        {
            var pieces = new WalPieces(archive.Repository);
            var chain = await pieces.ReadChainAsync(segment, cancellationToken);
            if (chain.Length > 0)
                found.Add(new(archive, chain.Length, file => pieces.CopyToAsync(chain, file, cancellationToken)));
        }

        return found;
    }

    private static async Task<List<UnfinishedCopy>> FindPartialsAsync(
        WalSegmentName segment, IEnumerable<WalArchive> archives, CancellationToken cancellationToken)
    {
        var name = WalFileName.PartialOf(segment);
        var found = new List<UnfinishedCopy>();
        foreach (var archive in archives)
        {
            if (await archive.StatAsync(name, cancellationToken) is not { IsThere: true })
                continue;
            found.Add(new(archive, archive.Repository.Description.WalSegmentSize.Bytes, async file =>
            {
                await using var plain = await archive.OpenReadAsync(name, cancellationToken);
                await plain.CopyToAsync(file, 1 << 17, cancellationToken);
            }, IsPartial: true));
        }

        return found;
    }

    /// <summary>Which copies recovery may be given, and how many bytes of each. A repository judges for itself where
    /// its WAL ends; where a timeline was left, one that knows it is enough, though the copy be another's.</summary>
    private async Task<IReadOnlyList<UnfinishedCopy>> JudgeAsync(
        WalSegmentName segment,
        IEnumerable<UnfinishedCopy> found,
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
        var given = new List<UnfinishedCopy>();
        var ofUnknownLength = new List<UnfinishedCopy>();
        foreach (var copy in found)
        {
            var size = copy.Archive.Repository.Description.WalSegmentSize;
            var start = segment.Start(size).Value;
            var whole = files[copy.Archive].Where(f => f.Kind == WalFileKind.Segment).Select(f => f.Segment);
            var end = new Lsn(start + (ulong)copy.Length);
            if (UnfinishedEnd.Find(segment, end, size, whole, histories) is not { } last)
                continue;

            // Where its timeline was left is where a .partial ends; who does not know that cannot say how far it leads.
            (copy.IsPartial && last == end ? ofUnknownLength : given).Add(
                copy with { Length = (long)(last.Value - start) });
        }

        if (given.Count == 0)
            given = ofUnknownLength;
        var origin = histories.Select(history => history.OriginOf(segment.Timeline)).FirstOrDefault(o => o is not null);
        return origin is { } fork && await LeadsFartherAsync(fork, segment, given, files, cancellationToken)
            ? []
            : given;
    }

    /// <summary>
    /// Whether a parent's copy of a segment leads farther than all there is of the child's own, which has not come to
    /// where that timeline began. PostgreSQL asks for it only if it does not get the child's (XLogFileReadAnyTLI).
    /// </summary>
    private static async Task<bool> LeadsFartherAsync(
        TimelineFork fork,
        WalSegmentName segment,
        IReadOnlyList<UnfinishedCopy> own,
        Dictionary<WalArchive, List<WalFileName>> files,
        CancellationToken cancellationToken)
    {
        if (own.Count == 0)
            return false;
        var start = segment.Start(own[0].Archive.Repository.Description.WalSegmentSize).Value;
        var length = own.Max(copy => copy.Length);
        if (start + (ulong)length > fork.SwitchPoint.Value)
            return false;
        var parents = segment with { Timeline = fork.Parent };
        foreach (var (archive, held) in files)
        {
            if (held.Contains(WalFileName.Of(parents)) || held.Contains(WalFileName.PartialOf(parents))
                || (await new WalPieces(archive.Repository).ReadChainAsync(parents, cancellationToken)).Length > length)
                return true;
        }

        return false;
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
        IEnumerable<UnfinishedCopy> given, string destination, CancellationToken cancellationToken)
    {
        HighwaterException? damage = null;
        (HighwaterException Error, long Length)? passing = null;
        foreach (var copy in given.OrderByDescending(one => one.Length))
        {
            // What cannot be read now may be read in a moment, and recovery would have ended by then.
            if (passing is { } away && copy.Length < away.Length)
                throw away.Error;
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await TimelineCut.WriteAsync(
                    destination, copy.WriteAsync, copy.Length, copy.Archive.Repository.Description.WalSegmentSize);
                return true;
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged)
            {
                damage ??= e;
            }
            catch (HighwaterException e) when (e.Code != ErrorCodes.StorageObjectMissing)
            {
                passing ??= (e, copy.Length);
            }
        }

        return (passing?.Error ?? damage) is { } trouble ? throw trouble : false;
    }

    /// <param name="Archive">Which has it.</param>
    /// <param name="Length">How many of its bytes are given.</param>
    /// <param name="WriteAsync">Writes at least so many.</param>
    /// <param name="IsPartial">It is what a promotion left.</param>
    private sealed record UnfinishedCopy(
        WalArchive Archive, long Length, Func<Stream, Task> WriteAsync, bool IsPartial = false);
}
