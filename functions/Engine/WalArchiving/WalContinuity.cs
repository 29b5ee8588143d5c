using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// What the WAL of one repository is good for: where it is contiguous, where it has gaps, and how far recovery gets
/// from a base backup. Pure: it knows names and times, it reads nothing. <see cref="ReadAsync"/> makes one of a
/// repository.
/// </summary>
public sealed class WalContinuity
{
    private readonly Dictionary<WalSegmentName, DateTimeOffset> _segments = [];
    private readonly Dictionary<WalSegmentName, UnfinishedSegment> _unfinished;
    private readonly IReadOnlyDictionary<uint, TimelineHistory> _histories;
    private readonly IReadOnlyDictionary<uint, DateTimeOffset> _piecesSince;
    private readonly WalSegmentSize _size;

    /// <param name="size">Of the cluster's segments.</param>
    /// <param name="files">Everything in the WAL archive, in any order. Only whole segments count, and no empty object
    /// is one.</param>
    /// <param name="histories">The timeline histories the archive has, by timeline.</param>
    /// <param name="unfinished">Segments that are there in pieces; they count where the whole ones end.</param>
    /// <param name="piecesSince">For each timeline of which there are pieces, when the first of them came.</param>
    public WalContinuity(
        WalSegmentSize size,
        IEnumerable<WalArchiveEntry> files,
        IReadOnlyDictionary<uint, TimelineHistory> histories,
        IEnumerable<UnfinishedSegment>? unfinished = null,
        IReadOnlyDictionary<uint, DateTimeOffset>? piecesSince = null)
    {
        _piecesSince = piecesSince ?? new Dictionary<uint, DateTimeOffset>();
        _size = size;
        _histories = histories;
        _unfinished = unfinished?.ToDictionary(open => open.Segment) ?? [];
        foreach (var file in files.Where(f => f.IsThere && f.Name.Kind == WalFileKind.Segment))
            _segments[file.Name.Segment] = file.StoredAt;
        Ranges = FindRanges();
    }

    /// <summary>Of the cluster.</summary>
    public WalSegmentSize SegmentSize => _size;

    /// <summary>All contiguous ranges, ordered by timeline and position.</summary>
    public IReadOnlyList<WalRange> Ranges { get; }

    /// <summary>What is missing between two ranges of the same timeline.</summary>
    public IReadOnlyList<WalRange> Gaps => [.. Ranges.Zip(Ranges.Skip(1))
        .Where(pair => pair.First.Last.Timeline == pair.Second.First.Timeline)
        .Select(pair => new WalRange(
            pair.First.Last.Next(_size),
            WalSegmentName.FromNumber(pair.Second.First.Timeline, pair.Second.First.Number(_size) - 1, _size)))];

    /// <summary>
    /// Timelines after the first whose segments or pieces, or whose descendants' histories, are here while their own
    /// history file is not. Recovery to the latest timeline ends before the first of them and reports success
    /// (findNewestTimeLine in access/transam/timeline.c).
    /// </summary>
    public IReadOnlyList<uint> MissingHistories => [.. Ranges.Select(r => r.First.Timeline).Concat(_piecesSince.Keys)
        .Concat(_histories.Values.SelectMany(h => h.Forks.Select(f => f.Parent)))
        .Where(timeline => timeline > 1 && !_histories.ContainsKey(timeline)).Distinct().Order()];

    /// <summary>Reads names and histories of a repository: one listing and one small read for each promotion.</summary>
    /// <exception cref="Errors.HighwaterException">Any storage error, and a history file that cannot be
    /// understood.</exception>
    public static async Task<WalContinuity> ReadAsync(WalArchive archive, CancellationToken cancellationToken) =>
        await ReadAsync(archive, await archive.ListAllAsync(cancellationToken), cancellationToken);

    /// <summary>As the other ReadAsync, from a listing that is at hand.</summary>
    public static async Task<WalContinuity> ReadAsync(
        WalArchive archive, WalListing listing, CancellationToken cancellationToken)
    {
        var (files, since) = (listing.Files, listing.PiecesSince);
        var histories = new Dictionary<uint, TimelineHistory>();
        foreach (var file in files.Where(f => f.IsThere && f.Name.Kind == WalFileKind.TimelineHistory))
        {
            var timeline = file.Name.Segment.Timeline;
            histories[timeline] = await archive.ReadHistoryAsync(timeline, cancellationToken);
        }

        var whole = new WalContinuity(
            archive.Repository.Description.WalSegmentSize, files, histories, piecesSince: since);
        var unfinished = new List<UnfinishedSegment>();
        foreach (var segment in whole.FindWhereToContinue())
        {
            if (await UnfinishedSegment.FindAsync(archive.Repository, segment, cancellationToken) is { } open)
                unfinished.Add(open);
        }

        return unfinished.Count == 0 ? whole : new WalContinuity(whole._size, files, histories, unfinished, since);
    }

    /// <summary>Whether a segment is here.</summary>
    public bool Has(WalSegmentName segment) => _segments.ContainsKey(segment);

    /// <summary>The segments a base backup cannot be restored without and that are not here.</summary>
    public IReadOnlyList<WalSegmentName> Missing(BackupRecord backup) =>
        [.. WalSegmentName.Range(backup.FirstSegment, backup.LastSegment, _size).Where(segment => !Has(segment))];

    /// <summary>
    /// The timelines recovery from a base backup may end on, the one it was taken on first: those whose history leaves
    /// the base backup's timeline at or after its stop LSN. PostgreSQL refuses all others.
    /// </summary>
    public IReadOnlyList<uint> TimelinesFrom(BackupRecord backup) =>
        [backup.Timeline, .. _histories.Values.Where(h => IsDescendant(h, backup)).Select(h => h.Timeline).Order()];

    /// <summary>
    /// How far recovery gets from a base backup, towards a timeline: each segment is taken from the youngest timeline
    /// that had begun by then, as PostgreSQL takes it (XLogFileReadAnyTLI in access/transam/xlogrecovery.c).
    /// </summary>
    /// <param name="backup">Where recovery begins.</param>
    /// <param name="timeline">One of <see cref="TimelinesFrom"/>; null for the latest of them.</param>
    /// <exception cref="ArgumentException">The timeline is none of those.</exception>
    public WalReach ReachFrom(BackupRecord backup, uint? timeline = null)
    {
        var possible = TimelinesFrom(backup);
        var target = timeline ?? possible[^1];
        if (!possible.Contains(target))
            throw new ArgumentException(
                $"Recovery from {backup.Id} cannot end on timeline {target}.", nameof(timeline));
        var history = _histories.GetValueOrDefault(target) ?? TimelineHistory.WithoutFile(target);
        WalSegmentName? last = null;
        var number = backup.FirstSegment.Number(_size);
        for (; ; number++)
        {
            var segment = OnPath(number, history);
            if (Has(segment))
            {
                last = segment;
                continue;
            }

            return Reach(history, segment, last);
        }
    }

    /// <summary>
    /// Everything that is missing on the way of recovery from a base backup towards a timeline, up to the newest
    /// segment there: one entry for each hole, with the time when the first segment after it reached the repository.
    /// </summary>
    /// <param name="backup">Where recovery begins.</param>
    /// <param name="timeline">One of <see cref="TimelinesFrom"/>.</param>
    public IReadOnlyList<(WalRange Missing, DateTimeOffset ResumedAt)> HolesFrom(BackupRecord backup, uint timeline)
    {
        var history = _histories.GetValueOrDefault(timeline) ?? TimelineHistory.WithoutFile(timeline);
        var expected = backup.FirstSegment.Number(_size);
        var holes = new List<(WalRange, DateTimeOffset)>();
        foreach (var (from, to) in RangesOnPath(history))
        {
            if (from > expected)
                holes.Add((
                    new WalRange(OnPath(expected, history), OnPath(from - 1, history)),
                    _segments[OnPath(from, history)]));
            expected = Math.Max(expected, to + 1);
        }

        return holes;
    }

    /// <summary>When a segment reached the repository; null if it is not here.</summary>
    public DateTimeOffset? StoredAt(WalSegmentName segment) =>
        _segments.TryGetValue(segment, out var storedAt) ? storedAt : null;

    /// <summary>When the first WAL of a timeline or of a later one reached the repository; null if there is
    /// none.</summary>
    public DateTimeOffset? FirstStoredFrom(uint timeline) =>
        _segments.Where(s => s.Key.Timeline >= timeline).Select(s => (DateTimeOffset?)s.Value)
            .Concat(_piecesSince.Where(p => p.Key >= timeline).Select(p => (DateTimeOffset?)p.Value)).Min();

    /// <summary>
    /// The newest moment that can be reached from any of the base backups, or null if there is none.
    /// </summary>
    /// <param name="restorable">Those of the repository that have all they need.</param>
    /// <param name="now">For the age.</param>
    public RecoveryPoint? FindRecoveryPoint(IEnumerable<BackupRecord> restorable, DateTimeOffset now) => restorable
        .Select(backup => ReachFrom(backup))
        .OrderBy(reach => reach.Timeline).ThenBy(reach => reach.End)
        .Select(reach => new RecoveryPoint(
            reach.Timeline,
            reach.End,
            reach.LastSegment!.Value,
            reach.LastStoredAt!.Value,
            now - reach.LastStoredAt!.Value))
        .LastOrDefault();

    private static bool IsDescendant(TimelineHistory history, BackupRecord backup) =>
        history.Forks.Any(fork => fork.Parent == backup.Timeline && fork.SwitchPoint >= backup.StopLsn);

    private WalReach Reach(TimelineHistory history, WalSegmentName next, WalSegmentName? last)
    {
        var isGap = PathBeyond(history, next);
        var open = last is null ? null : FindUnfinished(next, history);

        // Where the child's first segment is missing, or is there in pieces that do not come to where it began, its
        // parent's own copy still leads up to the fork.
        foreach (var fork in history.Forks
            .Where(f => f.SwitchPoint > next.Start(_size) && f.SwitchPoint < next.End(_size)).Reverse())
        {
            var parents = next with { Timeline = fork.Parent };
            if (open?.End > fork.SwitchPoint)
                break;
            if (Has(parents))
                return new WalReach(
                    history.TimelineAt(fork.SwitchPoint), fork.SwitchPoint, parents, _segments[parents], next, isGap);
            if (last is not null && FindUnfinished(parents, history) is { } streamed && !(open?.End >= streamed.End))
                return new WalReach(
                    history.TimelineAt(streamed.End), streamed.End, last, streamed.StoredAt, next, isGap, streamed);
        }

        if (open is not null)
            return new WalReach(next.Timeline, open.End, last, open.StoredAt, next, isGap, open);
        return new WalReach(
            history.TimelineAt(next.Start(_size)),
            next.Start(_size),
            last,
            last is { } stored ? _segments[stored] : null,
            next,
            isGap);
    }

    /// <summary>What wal-get gives of a segment that is there in pieces, on the way of a history.</summary>
    private UnfinishedSegment? FindUnfinished(WalSegmentName segment, TimelineHistory history) =>
        _unfinished.TryGetValue(segment, out var open)
        && UnfinishedEnd.Find(segment, open.End, _size, _segments.Keys, [history]) is { } end
            ? open with { End = end }
            : null;

    /// <summary>The segments that would be next: on each timeline, after its newest segment or where it
    /// begins.</summary>
    private IEnumerable<WalSegmentName> FindWhereToContinue() => Ranges
        .GroupBy(range => range.First.Timeline).Select(ranges => ranges.Last().Last.Next(_size))
        .Concat(_histories.Values.Select(
            history => WalSegmentName.Containing(history.Timeline, history.Forks[^1].SwitchPoint, _size)))
        .Distinct().Where(segment => !Has(segment));

    private bool PathBeyond(TimelineHistory history, WalSegmentName next) =>
        _segments.Keys.Any(s =>
            s.Number(_size) > next.Number(_size) && TimelineOf(s.Number(_size), history) == s.Timeline);

    /// <summary>The numbers of all segments that recovery along a history would read, in order.</summary>
    private IEnumerable<(ulong From, ulong To)> RangesOnPath(TimelineHistory history)
    {
        var stretches = new Dictionary<uint, (ulong From, ulong To)>();
        var begin = 0UL;
        foreach (var fork in history.Forks)
        {
            // The segment of the fork itself is the child's.
            var end = fork.SwitchPoint.Value / (ulong)_size.Bytes;
            if (end > begin)
                stretches[fork.Parent] = (begin, end - 1);
            begin = Math.Max(begin, end);
        }

        stretches[history.Timeline] = (begin, ulong.MaxValue);
        return Ranges
            .Where(range => stretches.ContainsKey(range.First.Timeline))
            .Select(range => (
                From: Math.Max(range.First.Number(_size), stretches[range.First.Timeline].From),
                To: Math.Min(range.Last.Number(_size), stretches[range.First.Timeline].To)))
            .Where(range => range.From <= range.To).OrderBy(range => range.From);
    }

    private WalSegmentName OnPath(ulong number, TimelineHistory history) =>
        WalSegmentName.FromNumber(TimelineOf(number, history), number, _size);

    /// <summary>The timeline whose file holds a segment: the youngest that had begun when the segment ended.</summary>
    private uint TimelineOf(ulong number, TimelineHistory history) =>
        history.TimelineAt(new Lsn(((number + 1) * (ulong)_size.Bytes) - 1));

    private List<WalRange> FindRanges()
    {
        var ranges = new List<WalRange>();
        foreach (var segment in _segments.Keys.OrderBy(s => s.Timeline).ThenBy(s => s.Number(_size)))
        {
            if (ranges.Count > 0 && ranges[^1].Last.Next(_size) == segment)
                ranges[^1] = ranges[^1] with { Last = segment };
            else
                ranges.Add(new WalRange(segment, segment));
        }

        return ranges;
    }
}
