using Highwater.Engine.Repository;
using Highwater.Engine.Restore;

namespace Highwater.Engine.Diagnostics;

/// <summary>Reads the end of a repository's WAL to know to which moments it can be restored.</summary>
internal static class ReadWindow
{
    /// <returns>Null if no base backup can be restored.</returns>
    /// <exception cref="Errors.HighwaterException">A segment is damaged; any storage error.</exception>
    public static async Task<RestorableWindow?> RunAsync(
        RepositoryInventory inventory, CancellationToken cancellationToken)
    {
        var restorable = inventory.RestorableBackups;
        if (restorable.Count == 0)
            return null;
        var newest = inventory.Continuity.ReachFrom(restorable[^1]);

        // Base backups that reach the same end have no gap between them.
        var oldest = restorable.First(
            backup => inventory.Continuity.ReachFrom(backup).LastSegment == newest.LastSegment);
        var archive = new WalArchive(inventory.Repository);
        var path = await WalPath.OfAsync(archive, restorable[^1], newest, cancellationToken);
        var end = path is null ? null : await new WalSearch(archive, path).FindEndAsync(cancellationToken);
        
        // A transaction from before the base backup is no moment to restore to.
        var newestAt = end?.LastTransactionAt > oldest.FinishedAt ? end.LastTransactionAt : null;
        return new RestorableWindow(oldest.FinishedAt, oldest.Id, newestAt);
    }
}
