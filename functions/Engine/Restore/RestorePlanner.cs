using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>
/// Decides how a recovery target is reached, or says why it cannot be and what can. Pure: it reads nothing.
/// </summary>
public static class RestorePlanner
{
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.NothingToRestore"/>,
    /// <see cref="ErrorCodes.BackupUnknown"/>,
    /// <see cref="ErrorCodes.RecoveryTargetUnreachable"/>: the message names the nearest possible targets.</exception>
    public static RestorePlan Plan(RestoreFacts facts, RestoreRequest request)
    {
        var candidates = Candidates(facts, request);
        var restorable = candidates.Where(candidate => candidate.IsRestorable).ToList();
        if (restorable.Count == 0)
            throw RestoreRefusal.NoneRestorable(facts, candidates);

        // The newest that ends before the target has the least WAL to replay.
        var chosen = restorable.LastOrDefault(candidate => Reaches(candidate, request.Target, facts.Landmark))
            ?? throw RestoreRefusal.Unreachable(facts, restorable, request);
        return new RestorePlan(
            facts.Repository,
            facts.Address,
            chosen.Backup,
            request.Target,
            chosen.Reach.Timeline,
            chosen.Wanted,
            chosen.Backup.FirstSegment,
            chosen.Reach.LastSegment!.Value,
            (long)(chosen.Reach.LastSegment.Value.Number(facts.SegmentSize)
                - chosen.Backup.FirstSegment.Number(facts.SegmentSize)) + 1,
            chosen.End?.LastTransactionAt);
    }

    /// <summary>The base backups that come into question, oldest first, each with its WAL.</summary>
    internal static IReadOnlyList<RestoreCandidate> Candidates(RestoreFacts facts, RestoreRequest request)
    {
        if (facts.Backups.Count == 0)
            throw RestoreRefusal.NoBackup(facts);
        var backups = facts.Backups.Where(backup => request.Backup is null || request.Backup == backup.Id).ToList();
        if (backups.Count == 0)
            throw RestoreRefusal.UnknownBackup(facts, request.Backup!);
        var timeline = TargetTimeline(facts, backups, request.Target);
        return [.. from backup in backups
                   let wanted = timeline ?? backup.Timeline
                   where facts.Wal.TimelinesFrom(backup).Contains(wanted)
                   let reach = facts.Wal.ReachFrom(backup, wanted)
                   let whole = !facts.Faults.ContainsKey(backup.Id) && reach.End >= backup.StopLsn
                   let end = reach.LastSegment is { } last ? facts.Ends.GetValueOrDefault(last) : null
                   orderby backup.Id
                   select new RestoreCandidate(backup, wanted, reach, whole, end)];
    }

    /// <summary>The timeline recovery is to end on; null for that of each base backup.</summary>
    private static uint? TargetTimeline(RestoreFacts facts, List<BackupRecord> backups, RecoveryTarget target)
    {
        if (target.Timeline == RecoveryTargetTimeline.Current || target.Kind == RecoveryTargetKind.Immediate)
            return null;
        var possible = backups.SelectMany(facts.Wal.TimelinesFrom).Distinct().Order().ToList();
        if (target.Timeline.Number is { } number)
            return possible.Contains(number) ? number : throw RestoreRefusal.UnknownTimeline(facts, number, possible);

        // PostgreSQL would end on the timeline before the missing one and report success.
        if (facts.Wal.MissingHistories.Where(missing => missing > backups.Min(backup => backup.Timeline)).ToList()
            is [var lost, ..])
            throw RestoreRefusal.HistoryMissing(facts, lost, possible[^1]);
        return possible[^1];
    }

    private static bool Reaches(
        RestoreCandidate candidate, RecoveryTarget target, WalLandmark? landmark) => target.Kind switch
    {
        RecoveryTargetKind.Immediate => true,
        RecoveryTargetKind.Latest => !candidate.Reach.LaterExists,

        // PostgreSQL stops before the first transaction that ended later, and fails if there is none
        // (recoveryStopsBefore in access/transam/xlogrecovery.c).
        RecoveryTargetKind.Time => candidate.Backup.FinishedAt <= target.Time
            && candidate.End?.LastTransactionAt > target.Time,
        RecoveryTargetKind.Lsn => candidate.Backup.StopLsn <= target.Lsn && target.Lsn <= candidate.End?.LastRecord,
        _ => landmark is not null && candidate.Backup.StopLsn <= landmark.Start && landmark.Start < candidate.Reach.End,
    };
}
