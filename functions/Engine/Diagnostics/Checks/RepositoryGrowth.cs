using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>How fast a repository grows while nothing is pruned.</summary>
/// <param name="Over">The time it was seen growing.</param>
/// <param name="BytesPerDay">New packs and WAL, as stored.</param>
/// <param name="WalBytesPerDay">WAL as the server writes it.</param>
public sealed record RepositoryGrowth(TimeSpan Over, long BytesPerDay, long WalBytesPerDay)
{
    private const int BackupsLookedAt = 8;

    // Less says more about the hour than about the days to come.
    private static readonly TimeSpan LeastTime = TimeSpan.FromHours(12);

    /// <summary>Looks at the last base backups and the WAL since the oldest of them; null while that is too little to
    /// say anything.</summary>
    internal static RepositoryGrowth? Of(RepositoryInventory inventory, DateTimeOffset now)
    {
        var backups = inventory.Backups.TakeLast(BackupsLookedAt).ToList();
        if (backups.Count < 2 || now - backups[0].FinishedAt < LeastTime)
            return null;
        var size = inventory.Repository.Description.WalSegmentSize;

        // By position and not by time: a repository that was away has all of its WAL since it came back.
        var wal = inventory.Wal.Values
            .Where(file => file.Name.Kind == WalFileKind.Segment)
            .Where(file => file.Name.Segment.Start(size) >= backups[0].StopLsn).ToList();
        var packs = backups.Skip(1).Sum(backup => backup.Sizes.StoredBytes);
        var over = now - backups[0].FinishedAt;
        return new RepositoryGrowth(
            over,
            (long)((wal.Sum(file => file.StoredBytes) + packs) / over.TotalDays),
            (long)(wal.Count * (double)size.Bytes / over.TotalDays));
    }
}
