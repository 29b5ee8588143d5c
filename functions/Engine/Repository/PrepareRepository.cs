using Highwater.Engine.Errors;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Repository;

/// <summary>
/// Opens a repository for a base backup, and creates it where that is safe. An empty place may be a new one, or the
/// mount point of a disk that is not mounted: where another repository of the cluster remembers one, only the operator
/// knows which.
/// </summary>
public sealed class PrepareRepository(
    Repositories repositories, TimeProvider clock, ILogger<PrepareRepository> logger)
{
    /// <summary>Opens or creates it. Repeatable. The other repositories are asked only if its place is
    /// empty.</summary>
    /// <param name="name">Of the repository.</param>
    /// <param name="cluster">Whose it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryNotCreated"/>: its place is empty, and
    /// another one remembers a repository there; <see cref="ErrorCodes.RepositoryForeign"/>; any storage error of this
    /// repository. One that cannot be asked keeps no other from being created.</exception>
    public async Task<BackupRepository> RunAsync(
        string name, ClusterIdentity cluster, CancellationToken cancellationToken)
    {
        var storage = repositories.StorageOf(name);
        if (await storage.StatAsync(RepositoryLayout.Description, cancellationToken) is null)
        {
            foreach (var other in repositories.All.Where(other => other.Name != name))
            {
                if (await FindAsync(other.Name, storage.Address, cluster, cancellationToken) is { } remembered)
                    throw NotCreated(name, other.Name, remembered);
            }
        }

        return await repositories.OpenOrCreateAsync(name, cluster, cancellationToken);
    }

    /// <summary>Opens or creates the counterpart of a repository that is open, and has each remember the other.
    /// Repeatable.</summary>
    /// <param name="name">Of the repository to prepare.</param>
    /// <param name="counterpart">What it is used together with.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException">As <see cref="RunAsync"/>.</exception>
    public async Task<BackupRepository> RunBesideAsync(
        string name, BackupRepository counterpart, CancellationToken cancellationToken)
    {
        var cluster = new ClusterIdentity(
            counterpart.Description.SystemIdentifier,
            counterpart.Description.PostgresMajor,
            counterpart.Description.WalSegmentSize);
        var prepared = await RunAsync(name, cluster, cancellationToken);
        await new Counterparts(counterpart, clock, logger).RememberAsync(prepared, cancellationToken);
        await new Counterparts(prepared, clock, logger).RememberAsync(counterpart, cancellationToken);
        return prepared;
    }

    private async Task<CounterpartRecord?> FindAsync(
        string name, string address, ClusterIdentity cluster, CancellationToken cancellationToken)
    {
        try
        {
            var other = await repositories.OpenAsync(name, cancellationToken);
            return other.Description.SystemIdentifier == cluster.SystemIdentifier
                ? await new Counterparts(other, clock, logger).FindAsync(address, cancellationToken)
                : null;
        }
        catch (HighwaterException)
        {
            return null; // It has no say. Whoever works on it meets the same trouble and tells it.
        }
    }

    private static HighwaterException NotCreated(string name, string other, CounterpartRecord remembered) => new(
        ErrorCodes.RepositoryNotCreated,
        $"The place of the repository '{name}', {remembered.Address}, is empty, though a repository was there since "
        + $"{remembered.FirstSeenAt:u}, as the repository '{other}' remembers. Nothing was created there.",
        $"if it is on a disk that is not mounted, mount it and run again; if what was there is lost or the place is "
        + $"new, create the repository: highwater backup --create-repository {name}");
}
