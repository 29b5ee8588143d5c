using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Verification;

/// <summary>
/// Follows recovery from each base backup to the end of the WAL and finds what stops it on the way. A segment that is
/// damaged counts as absent.
/// </summary>
internal sealed class WalPathCheck(BackupRepository repository, ObjectRepair? repair, FindingList findings)
{
    private readonly WalArchive _archive = new(repository);
    private readonly WalSegmentSize _segmentSize = repository.Description.WalSegmentSize;

    /// <summary>Adds a finding for each gap and each missing timeline history; repairs them where it can.</summary>
    /// <exception cref="HighwaterException">A storage cannot be asked now.</exception>
    public async Task RunAsync(IReadOnlyList<BackupRecord> backups, CancellationToken cancellationToken)
    {
        var files = (await _archive.ListAsync(cancellationToken))
            .Where(file => file.IsThere)
            .Where(file => findings.ProblemOf(RepositoryLayout.WalFile(file.Name)) is null)
            .ToList();
        var histories = await ReadHistoriesAsync(files, cancellationToken);
        await FindMissingHistoriesAsync(new WalContinuity(_segmentSize, files, histories), cancellationToken);
        var seen = new HashSet<WalSegmentName>();
        while (NextGap(new WalContinuity(_segmentSize, files, histories), backups, seen) is { } gap)
        {
            var there = await FillAsync(gap, cancellationToken);
            if (there is not null)
                files.Add(there);
        }
    }

    private static WalSegmentName? NextGap(
        WalContinuity continuity, IReadOnlyList<BackupRecord> backups, HashSet<WalSegmentName> seen)
    {
        foreach (var backup in backups)
        {
            var reach = continuity.ReachFrom(backup);
            if (reach.LaterExists && seen.Add(reach.Next))
                return reach.Next;
        }

        return null;
    }

    private async Task<WalArchiveEntry?> FillAsync(WalSegmentName gap, CancellationToken cancellationToken)
    {
        var file = WalFileName.Of(gap);
        var key = RepositoryLayout.WalFile(file);

        // Known already as damaged or missing, and not repairable.
        if (findings.ProblemOf(key) is not null)
            return null;

        // Segments are stored several at once: a later one may have been there before this one was.
        if (await _archive.StatAsync(file, cancellationToken) is { IsThere: true } arrived)
            return arrived;
        var refusal = await RepairAsync(file, cancellationToken);
        findings.Add(
            key,
            $"The WAL segment {gap} is missing although later ones are there: recovery ends before it.",
            refusal);
        return refusal is null ? await _archive.StatAsync(file, cancellationToken) : null;
    }

    private async Task FindMissingHistoriesAsync(WalContinuity continuity, CancellationToken cancellationToken)
    {
        foreach (var timeline in continuity.MissingHistories)
        {
            var file = WalFileName.HistoryOf(timeline);
            var key = RepositoryLayout.WalFile(file);
            if (findings.ProblemOf(key) is not null)
                continue;
            findings.Add(
                key,
                $"The history file of timeline {timeline} is missing: "
                + "recovery to the latest state would end on an older one.",
                await RepairAsync(file, cancellationToken));
        }
    }

    private async Task<string?> RepairAsync(WalFileName file, CancellationToken cancellationToken) => repair is null
        ? "no other repository was given"
        : await repair.TryAsync(
            new ObjectCheck(RepositoryLayout.WalFile(file), CheckKind.Wal, null, null, null, file), cancellationToken);

    private async Task<IReadOnlyDictionary<uint, TimelineHistory>> ReadHistoriesAsync(
        IEnumerable<WalArchiveEntry> files, CancellationToken cancellationToken)
    {
        var histories = new Dictionary<uint, TimelineHistory>();
        foreach (var timeline in files.Where(file => file.Name.Kind == WalFileKind.TimelineHistory)
            .Select(file => file.Name.Segment.Timeline))
            histories[timeline] = await _archive.ReadHistoryAsync(timeline, cancellationToken);
        return histories;
    }
}
