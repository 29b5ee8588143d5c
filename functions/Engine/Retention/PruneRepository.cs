using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Retention;

/// <summary>Removes from a repository what retention does not ask to keep.</summary>
public sealed class PruneRepository(TimeProvider clock, ILogger<PruneRepository> logger)
{
    /// <summary>
    /// Prunes. Killed at any instant and run again, the repository ends the same.
    /// </summary>
    /// <param name="repository">The repository; it is pruned by its own catalog.</param>
    /// <param name="keep">How many restorable base backups stay; at least 1.</param>
    /// <param name="dryRun">Only say what would go.</param>
    /// <param name="cancellationToken">Stops between two deletions.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryLeased"/>: somebody else is at work here;
    /// <see cref="ErrorCodes.RepositoryDamaged"/>: a base backup cannot be understood, so nothing is safe to delete;
    /// any storage error.</exception>
    public async Task<PruneReport> RunAsync(
        BackupRepository repository, int keep, bool dryRun, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        await using var lease = await Lease.AcquireAsync(
            repository, LeasePurpose.Prune, clock, logger, cancellationToken);
        throw new NotSupportedException($"{dryRun}");
    }
}
