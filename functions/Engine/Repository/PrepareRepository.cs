using Highwater.Engine.Errors;

namespace Highwater.Engine.Repository;

/// <summary>
/// Opens a repository for a base backup, and creates it where that is safe. An empty place may be a new one, or the
/// mount point of a disk that is not mounted: where another repository holds base backups of the cluster already, only
/// the operator knows which.
/// </summary>
public sealed class PrepareRepository(Repositories repositories)
{
    /// <summary>Opens or creates it. Repeatable.</summary>
    /// <param name="name">Of the repository.</param>
    /// <param name="cluster">Whose it is.</param>
    /// <param name="running">The base backup that is being taken, which does not count; null before it has an
    /// id.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryNotCreated"/>: its place is empty while
    /// another one holds base backups; <see cref="ErrorCodes.RepositoryForeign"/>; any storage error of this
    /// repository. One that cannot be asked keeps no other from being created.</exception>
    public async Task<BackupRepository> RunAsync(
        string name, ClusterIdentity cluster, BackupId? running, CancellationToken cancellationToken)
    {
        var storage = repositories.StorageOf(name);
        if (await storage.StatAsync(RepositoryLayout.Description, cancellationToken) is null)
        {
            foreach (var other in repositories.All.Where(other => other.Name != name))
            {
                if (await FindNewestAsync(other.Name, cluster, running, cancellationToken) is { } newest)
                    throw NotCreated(name, storage.Address, other.Name, newest);
            }
        }

        return await CreateAsync(name, cluster, cancellationToken);
    }

    /// <summary>Opens it, or creates it whatever other repositories hold: the operator has said that the place is
    /// new.</summary>
    /// <exception cref="HighwaterException">As <see cref="RunAsync"/> but for the refusal.</exception>
    public Task<BackupRepository> CreateAsync(
        string name, ClusterIdentity cluster, CancellationToken cancellationToken) =>
        repositories.OpenOrCreateAsync(name, cluster, cancellationToken);

    private async Task<BackupId?> FindNewestAsync(
        string name, ClusterIdentity cluster, BackupId? running, CancellationToken cancellationToken)
    {
        try
        {
            var other = await repositories.OpenAsync(name, cancellationToken);
            if (other.Description.SystemIdentifier != cluster.SystemIdentifier)
                return null;
            return (await new BackupCatalog(other).ListIdsAsync(cancellationToken)).LastOrDefault(id => id != running);
        }
        catch (HighwaterException)
        {
            return null; // It has no say. Whoever works on it meets the same trouble and tells it.
        }
    }

    private static HighwaterException NotCreated(string name, string address, string other, BackupId newest) => new(
        ErrorCodes.RepositoryNotCreated,
        $"The place of the repository '{name}', {address}, is empty, while the repository '{other}' holds base backups "
        + $"of this cluster, the newest being {newest}. Nothing was created there.",
        $"if it is on a disk that is not mounted, mount it and run again; if the place is new, create the repository: "
        + $"highwater backup --create-repository {name}");
}
