using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.WalArchiving;

/// <summary>
/// Looks whether WAL was lost so that what is written now cannot be restored from any base backup: only a new one
/// helps. Reads names, the commits of base backups and timeline histories; changes nothing.
/// </summary>
public sealed class FindWalGap(WalOptions options, TimeProvider clock)
{
    /// <summary>
    /// The newest such gap, or null. One that a restorable base backup was begun after is none of them, even if that
    /// did not end it (a timeline that this server is not on leads beyond it): another one would not either, and each
    /// costs an older one. <c>status</c> and <c>check</c> go on to name it.
    /// </summary>
    /// <param name="local">The repository that the spool is emptied into. What only another one lacks, replication
    /// brings.</param>
    /// <param name="onItsWay">For how long a hole may be filled by what is still on its way.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Errors.HighwaterException">Any storage error; <see cref="Errors.ErrorCodes.SpoolUnusable"/>; a
    /// history file that cannot be understood.</exception>
    public async Task<WalGap?> RunAsync(
        BackupRepository local, TimeSpan onItsWay, CancellationToken cancellationToken)
    {
        // Before the repository: a file that moves on meanwhile is then seen in one of the two.
        HashSet<WalFileName> spooled = options.Source == WalSource.Stream
            ? []
            : [.. new WalSpool(options.SpoolPath).List()];
        var backups = (await new BackupCatalog(local).ListAsync(cancellationToken)).Backups;
        if (backups.Count == 0)
            return null;
        var wal = await WalContinuity.ReadAsync(new WalArchive(local), cancellationToken);
        var restorable = backups.Where(backup => wal.Missing(backup).Count == 0).ToList();
        var newest = restorable.Max(backup => (DateTimeOffset?)backup.StartedAt);
        var now = clock.GetUtcNow();
        return WalGapPlanner.Find(wal, backups, restorable).LastOrDefault(
            gap => gap.IsOpen && gap.IsSettled(now, onItsWay) && !(newest > gap.Since)
                && !FilesOf(gap, wal.SegmentSize).All(spooled.Contains));
    }

    private static IEnumerable<WalFileName> FilesOf(WalGap gap, WalSegmentSize size) => gap.Segments is { } range
        ? WalSegmentName.Range(range.First, range.Last, size).Select(WalFileName.Of)
        : [WalFileName.HistoryOf(gap.HistoryOf!.Value)];
}
