using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>Finds what recovery cannot pass, and which base backups that cuts off. Pure.</summary>
public static class WalGapPlanner
{
    /// <summary>Every gap behind a base backup, oldest first. WAL older than all base backups is on its way out and has
    /// none.</summary>
    /// <param name="wal">Of the repository.</param>
    /// <param name="backups">Its base backups, oldest first.</param>
    /// <param name="restorable">Those of them that have all they need.</param>
    public static IReadOnlyList<WalGap> Find(
        WalContinuity wal, IReadOnlyList<BackupRecord> backups, IReadOnlyList<BackupRecord> restorable) =>
        [.. WithoutParts(wal, [.. OfSegments(wal, backups, restorable)]), .. OfHistories(wal, backups, restorable)];

    /// <summary>A hole before a fork may end earlier on the timeline that was left: it is the same one.</summary>
    private static IEnumerable<WalGap> WithoutParts(WalContinuity wal, List<WalGap> gaps) => gaps.Where(
        gap => gap.IsOnLatestPath || !gaps.Exists(other => other.IsOnLatestPath
            && other.Segments!.Value.First == gap.Segments!.Value.First
            && other.Segments.Value.Last.Number(wal.SegmentSize) >= gap.Segments.Value.Last.Number(wal.SegmentSize)));

    private static IEnumerable<WalGap> OfSegments(
        WalContinuity wal, IReadOnlyList<BackupRecord> backups, IReadOnlyList<BackupRecord> restorable)
    {
        var holes =
            from backup in backups
            let timelines = wal.TimelinesFrom(backup)
            from timeline in timelines
            from hole in wal.HolesFrom(backup, timeline)
            select (backup, timeline, hole.Missing, hole.ResumedAt, IsLatest: timeline == timelines[^1]);

        // Two base backups may stand in the middle of one hole, and see different parts of it.
        foreach (var group in holes.GroupBy(hole => hole.Missing.Last)
            .OrderBy(group => group.Key.Number(wal.SegmentSize)).ThenBy(group => group.Key.Timeline))
        {
            var widest = group.MinBy(hole => hole.Missing.First.Number(wal.SegmentSize));
            var cutOff = group.Select(hole => hole.backup).Distinct().ToList();
            var beyond = FirstBeyond(wal, cutOff, group.Max(hole => hole.timeline), restorable);
            yield return new WalGap(
                widest.Missing,
                null,
                [.. cutOff.Select(backup => backup.Id)],
                group.Min(hole => hole.ResumedAt),
                LastBefore(wal, widest.Missing.First, widest.backup),
                beyond?.Id,
                beyond?.FinishedAt)
            {
                IsOnLatestPath = group.Any(hole => hole.IsLatest),
            };
        }
    }

    private static IEnumerable<WalGap> OfHistories(
        WalContinuity wal, IReadOnlyList<BackupRecord> backups, IReadOnlyList<BackupRecord> restorable)
    {
        foreach (var timeline in wal.MissingHistories)
        {
            // A base backup of the timeline itself needs no history of it.
            var cutOff = backups.Where(backup => backup.Timeline < timeline).ToList();
            if (cutOff.Count == 0 || wal.FirstStoredFrom(timeline) is not { } since)
                continue;
            var beyond = restorable.FirstOrDefault(backup => backup.Timeline >= timeline);
            yield return new WalGap(
                null, timeline, [.. cutOff.Select(backup => backup.Id)], since, null, beyond?.Id, beyond?.FinishedAt);
        }
    }

    /// <summary>One of a timeline that was left leads nowhere beyond, however new it is.</summary>
    private static BackupRecord? FirstBeyond(
        WalContinuity wal, List<BackupRecord> cutOff, uint timeline, IReadOnlyList<BackupRecord> restorable)
    {
        var newest = cutOff.Max(backup => backup.Id);
        return restorable.FirstOrDefault(
            backup => backup.Id.CompareTo(newest) > 0 && wal.TimelinesFrom(backup)[^1] >= timeline);
    }

    private static DateTimeOffset? LastBefore(WalContinuity wal, WalSegmentName first, BackupRecord backup)
    {
        var number = first.Number(wal.SegmentSize);
        return number <= backup.FirstSegment.Number(wal.SegmentSize)
            ? null
            : Enumerable.Range(0, (int)first.Timeline)
                .Select(back => wal.StoredAt(
                    WalSegmentName.FromNumber(first.Timeline - (uint)back, number - 1, wal.SegmentSize)))
                .FirstOrDefault(storedAt => storedAt is not null);
    }
}
