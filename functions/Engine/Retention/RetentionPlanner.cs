using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Retention;

/// <summary>
/// Decides what a prune removes. Pure: the same input gives the same plan, and a repository pruned by the plan gives an
/// empty one.
/// <para>Base backups are ordered by their start and by nothing else. Only restorable ones count. Of those the newest
/// stay, and everything newer than the oldest that stays; so a base backup that still waits for its WAL is never
/// touched, and where none is restorable none goes.</para>
/// <para>WAL goes where it lies before the first segment of every base backup that stays. Positions grow along every
/// timeline and from a timeline to those that branch off it, so what lies before all starts is read by no recovery,
/// whichever timeline it is on. Timeline history files always stay.</para>
/// <para>A base backup that cannot be understood never goes, and with it stays all it might need: every pack, and WAL
/// from before the oldest one that stays if it is older than that.</para>
/// </summary>
public static class RetentionPlanner
{
    /// <summary>How old an object without an owner must be: a write that is under way has no owner yet.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromHours(24);

    /// <param name="input">What stands in the repository.</param>
    /// <param name="keep">How many restorable base backups stay; at least 1.</param>
    public static RetentionPlan Plan(RetentionInput input, int keep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        var restorable = input.Backups
            .Where(backup => backup.Restorable).Select(backup => backup.Record.Id).Order().ToList();
        var oldestKept = restorable.Count == 0 ? null : restorable[^Math.Min(keep, restorable.Count)];
        var all = input.Backups.Select(backup => backup.Record).OrderBy(record => record.Id).ToList();
        var kept = all.Where(record => oldestKept is null || record.Id.CompareTo(oldestKept) >= 0).ToList();
        return new RetentionPlan(
            [.. kept.Select(record => record.Id)],
            [.. all.Take(all.Count - kept.Count).Select(record => record.Id)],
            Orphans(input, oldestKept),
            oldestKept is null || input.Unreadable.Any(id => id.CompareTo(oldestKept) < 0) ? [] : Wal(input, kept),
            input.Unreadable.Count > 0 ? [] : Packs(input, kept),
            Items(input.Temporary.Where(entry => IsPastGrace(entry, input.Now))),
            Explain(restorable.Count, keep, oldestKept) + Explain(input.Unreadable));
    }

    private static IReadOnlyList<PruneItem> Orphans(RetentionInput input, BackupId? oldestKept)
    {
        var committed = input.Backups.Select(backup => backup.Record.Id).Concat(input.Unreadable).ToHashSet();
        return Items(
            from entry in input.BackupObjects
            let id = RepositoryLayout.BackupOf(entry.Key)
            where id is not null && !committed.Contains(id)
            // Below the oldest kept one nothing can be under way: it is what an interrupted prune left.
            where (oldestKept is not null && id.CompareTo(oldestKept) < 0) || IsPastGrace(entry, input.Now)
            select entry);
    }

    private static IReadOnlyList<PruneItem> Wal(RetentionInput input, IReadOnlyList<BackupRecord> kept)
    {
        var firstNeeded = kept.Min(record => record.FirstSegment.Start(input.SegmentSize));
        return Items(
            from entry in input.Wal
            let segment = SegmentOf(entry.Key)
            where segment is not null && segment.Value.End(input.SegmentSize) <= firstNeeded
            select entry);
    }

    /// <summary>The segment that a file or a piece is of; null for a timeline history and what is no WAL.</summary>
    private static Postgres.WalSegmentName? SegmentOf(string key) => RepositoryLayout.WalFileOf(key) is { } file
        ? file.Kind == Postgres.WalFileKind.TimelineHistory ? null : file.Segment
        : RepositoryLayout.WalPieceOf(key)?.Segment;

    private static IReadOnlyList<PruneItem> Packs(RetentionInput input, IReadOnlyList<BackupRecord> kept)
    {
        var named = kept.SelectMany(record => record.Packs).Select(pack => pack.Sha256).ToHashSet();
        return Items(
            from entry in input.Packs
            let pack = RepositoryLayout.PackOf(entry.Key)
            where pack is not null && !named.Contains(pack.Value) && IsPastGrace(entry, input.Now)
            select entry);
    }

    private static bool IsPastGrace(StorageEntry entry, DateTimeOffset now) => now - entry.ModifiedAt > GracePeriod;

    private static IReadOnlyList<PruneItem> Items(IEnumerable<StorageEntry> entries) =>
        [
            .. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => new PruneItem(entry.Key, entry.Length)),
        ];

    private static string Explain(int restorable, int keep, BackupId? oldestKept) => oldestKept is null
        ? "No base backup is restorable, so every base backup and all WAL stay."
        : restorable <= keep
            ? $"{restorable} base backups are restorable and {keep} are to be kept: "
                + $"everything from {oldestKept} on stays."
            : $"The newest {keep} of {restorable} restorable base backups stay, and everything from {oldestKept} on.";

    private static string Explain(IReadOnlyList<BackupId> unreadable) => unreadable.Count == 0
        ? ""
        : $" {string.Join(", ", unreadable)} cannot be understood, so all packs stay: run 'highwater verify --repair', "
            + "or if no repository can help, remove its folder below base-backups/.";
}
