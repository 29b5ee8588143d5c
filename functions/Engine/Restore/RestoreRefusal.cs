using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>Says why a target cannot be reached and what the nearest possible ones are.</summary>
internal static class RestoreRefusal
{
    public static HighwaterException NoBackup(RestoreFacts facts) => new(
        ErrorCodes.NothingToRestore,
        $"The repository '{facts.Repository}' at {facts.Address} holds no base backup.",
        "run 'highwater backup', or name another repository: --repository remote");

    public static HighwaterException UnknownBackup(RestoreFacts facts, BackupId id) => new(
        ErrorCodes.BackupUnknown,
        $"The repository '{facts.Repository}' has no base backup {id}. It has {Join(facts.Backups.Select(b => b.Id))}.",
        "name one of these with --backup, or leave --backup out to take the newest that fits");

    public static HighwaterException NoneRestorable(RestoreFacts facts, IReadOnlyList<RestoreCandidate> candidates)
    {
        var backups = candidates.Count > 0 ? [.. candidates.Select(c => c.Backup)] : facts.Backups;
        var missing = backups
            .Select(backup => (backup.Id, Segments: facts.Wal.Missing(backup), Fault: facts.Faults.GetValueOrDefault(
                backup.Id)))
            .Where(backup => backup.Fault is not null)
            .Select(backup => backup.Segments.Count > 0
                ? $"{backup.Id} lacks WAL segment {Join(backup.Segments)}"
                : $"{backup.Id} is not whole: {backup.Fault}")
            .ToList();
        return new HighwaterException(
            ErrorCodes.NothingToRestore,
            $"The repository '{facts.Repository}' holds {backups.Count} base backup(s) but none that can be restored: "
            + (missing.Count > 0 ? string.Join("; ", missing) : "none lies on the timeline asked for") + ".",
            "run 'highwater wal-sync' if the server still has the WAL, 'highwater verify --repair' if another "
            + "repository has the rest, or restore from that one: --repository remote");
    }

    public static HighwaterException UnknownTimeline(
        RestoreFacts facts, uint timeline, IReadOnlyList<uint> possible) => new(
        ErrorCodes.RecoveryTargetUnreachable,
        $"No base backup of the repository '{facts.Repository}' leads to timeline {timeline}. Possible: "
        + $"{Join(possible)}.",
        $"give one of these: --target-timeline {possible[^1]}");

    public static HighwaterException HistoryMissing(RestoreFacts facts, uint timeline, uint possible) => new(
        ErrorCodes.RecoveryTargetUnreachable,
        $"The repository '{facts.Repository}' holds WAL of timeline {timeline} but not its history file "
        + $"{timeline:X8}.history, "
        + $"so that recovery would end on timeline {possible} without a word.",
        $"run 'highwater wal-sync' if the server still has the file, or accept the end: --target-timeline {possible}");

    /// <param name="facts">The repository.</param>
    /// <param name="restorable">At least one.</param>
    /// <param name="request">What was asked for.</param>
    public static HighwaterException Unreachable(
        RestoreFacts facts, IReadOnlyList<RestoreCandidate> restorable, RestoreRequest request)
    {
        var (first, last) = (restorable[0], restorable[^1]);
        var (why, remedy) = request.Target.Kind switch
        {
            RecoveryTargetKind.Latest => Gap(last),
            RecoveryTargetKind.Time => Time(restorable, request.Target.Time!.Value),
            RecoveryTargetKind.Lsn => Lsn(first, last, request),
            _ => Landmark(facts, first, request.Target),
        };
        var backup = request.Backup is { } id ? $" from base backup {id}" : "";
        return new HighwaterException(
            ErrorCodes.RecoveryTargetUnreachable,
            $"The repository '{facts.Repository}' cannot be restored to {request.Target}{backup}: {why}.",
            remedy);
    }

    private static (string Why, string Remedy) Gap(RestoreCandidate last) => (
        $"WAL segment {last.Reach.Next} is missing, and there are later ones",
        "name another repository (--repository remote), or accept the end before the gap: "
        + (last.End?.LastRecord is { } lsn ? $"--target-lsn {lsn}" : "--immediate"));

    private static (string Why, string Remedy) Time(IReadOnlyList<RestoreCandidate> restorable, DateTimeOffset time)
    {
        var earliest = restorable.Min(candidate => candidate.Backup.FinishedAt);
        if (time < earliest)
            return (
                $"the first base backup that can be used ended at {RecoveryTarget.FormatTime(earliest)}",
                $"give that time or a later one, or leave the target out: --target-time '{Ceiling(earliest)}'");
        if (restorable.Max(candidate => candidate.End?.LastTransactionAt) is not { } newest)
            return (
                "its WAL holds no transaction whose time could be compared",
                "restore all there is (leave --target-time out), or run 'highwater wal-sync' after the server has "
                + "worked on");
        var next = restorable.Where(c => c.Backup.FinishedAt > time).Select(c => c.Backup.FinishedAt).Order().ToList();
        return (
            $"its WAL ends with a transaction at {RecoveryTarget.FormatTime(newest)}, and only a later one than the "
            + "target would "
            + "prove that nothing before the target is missing" + (next.Count > 0 ? " (there is a gap in the "
            + "WAL)" : ""),
            "run 'highwater wal-sync' and try again, or leave --target-time out to restore all there is; the latest "
            + "time "
            + "possible now is --target-time "
            + $"'{RecoveryTarget.FormatTime(newest.AddTicks(-TimeSpan.TicksPerMicrosecond))}'"
            + (next.Count > 0 ? $", and after the gap --target-time '{Ceiling(next[0])}'" : ""));
    }

    private static (string Why, string Remedy) Lsn(
        RestoreCandidate first, RestoreCandidate last, RestoreRequest request) =>
        request.Target.Lsn < first.Backup.StopLsn
            ? ($"the first base backup that can be used ends at {first.Backup.StopLsn}",
                $"give that LSN or a later one: --target-lsn {first.Backup.StopLsn}")
            : ($"its last WAL record is at {last.End?.LastRecord}" + (last.Reach.LaterExists ? ", before a gap" : ""),
                "run 'highwater wal-sync' and try again, or give an earlier one: "
                + $"--target-lsn {last.End?.LastRecord ?? last.Backup.StopLsn}");

    private static (string Why, string Remedy) Landmark(
        RestoreFacts facts, RestoreCandidate first, RecoveryTarget target) =>
        facts.Landmark is { } landmark
            ? ($"it is at {landmark.Start}, before the end of the base backup at {first.Backup.StopLsn}",
                "use an older base backup if another repository has one: --repository remote; the earliest possible "
                + "here is "
                + $"--target-lsn {first.Backup.StopLsn}")
            : ("its WAL from the first base backup on holds no such "
                + (target.Kind == RecoveryTargetKind.Xid ? "end of a transaction" : "restore point"),
                "run 'highwater wal-sync' and try again, check the spelling, or give a time: "
                + $"--target-time '{Ceiling(first.Backup.FinishedAt)}' is the earliest possible");

    /// <summary>To the next microsecond: PostgreSQL knows no smaller unit, and rounding down would be before the
    /// end.</summary>
    private static string Ceiling(DateTimeOffset time) =>
        RecoveryTarget.FormatTime(time.AddTicks(TimeSpan.TicksPerMicrosecond - 1));

    private static string Join<T>(IEnumerable<T> items)
    {
        var all = items.ToList();
        return all.Count <= 12
            ? string.Join(", ", all)
            : $"{string.Join(", ", all.Take(11))} and {all.Count - 11} more";
    }
}
