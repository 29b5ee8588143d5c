using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>
/// An open repository: the base backups and WAL of exactly one cluster in one storage. Opening checks the format and,
/// where the caller knows the cluster, that it is the same one.
/// </summary>
public sealed class BackupRepository
{
    private BackupRepository(string name, IStorage storage, RepositoryDescription description)
    {
        Name = name;
        Storage = storage;
        Description = description;
    }

    /// <summary>What the operator calls it: <c>local</c>, <c>remote</c>, or the address it was opened by.</summary>
    public string Name { get; }

    public IStorage Storage { get; }

    public RepositoryDescription Description { get; }

    /// <summary>Opens a repository that is there.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryMissing"/> if the storage holds none;
    /// <see cref="ErrorCodes.RepositoryFormatUnknown"/>; <see cref="ErrorCodes.RepositoryDamaged"/>; any storage
    /// error.</exception>
    public static async Task<BackupRepository> OpenAsync(
        string name, IStorage storage, CancellationToken cancellationToken)
    {
        byte[] json;
        try
        {
            json = await storage.ReadSmallAsync(RepositoryLayout.Description, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing)
        {
            throw new HighwaterException(
                ErrorCodes.RepositoryMissing,
                $"There is no repository '{name}' at {storage.Address}: it has no {RepositoryLayout.Description}. "
                + "WAL on its way there waits where it is.",
                "check the address, and that the disk it is on is mounted; the first 'highwater backup' creates it",
                e);
        }

        var description = RepositoryJson.Parse<RepositoryDescription>(
            json, $"{RepositoryLayout.Description} of {storage.Address}");
        if (description.Format != RepositoryLayout.Format || description.Encryption is not null)
            throw new HighwaterException(
                ErrorCodes.RepositoryFormatUnknown,
                $"The repository at {storage.Address} has format {description.Format}"
                + (description.Encryption is null ? "" : $" with encryption '{description.Encryption}'")
                + $"; this version knows format {RepositoryLayout.Format} without encryption.",
                "use the version of highwater that wrote it, or a newer one");
        return new BackupRepository(name, storage, description);
    }

    /// <summary>
    /// Opens the repository of a cluster, creating it with its recovery kit if the storage is empty. Repeatable: a
    /// creation that was interrupted is completed, and of two that race one wins and both succeed.
    /// </summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryForeign"/> if it belongs to another
    /// cluster, and what <see cref="OpenAsync"/> throws.</exception>
    public static async Task<BackupRepository> OpenOrCreateAsync(
        string name, IStorage storage, ClusterIdentity cluster, TimeProvider clock, CancellationToken cancellationToken)
    {
        BackupRepository repository;
        if (await storage.StatAsync(RepositoryLayout.Description, cancellationToken) is null)
            await CreateAsync(storage, cluster, clock, cancellationToken);
        repository = await OpenAsync(name, storage, cancellationToken);
        repository.EnsureBelongsTo(cluster.SystemIdentifier);
        return repository;
    }

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryForeign"/>: it is another
    /// cluster's.</exception>
    public void EnsureBelongsTo(SystemIdentifier cluster)
    {
        if (Description.SystemIdentifier == cluster)
            return;
        throw new HighwaterException(
            ErrorCodes.RepositoryForeign,
            $"The repository '{Name}' at {Storage.Address} belongs to the cluster with system identifier "
            + $"{Description.SystemIdentifier}, but this one is {cluster}.",
            "point POSTGRES_HOST/POSTGRES_PORT at the right server, or give this cluster a repository of its own "
            + "(LOCAL_BACKUP_PATH, REMOTE_BACKUP_PATH); a cluster made by initdb, pg_upgrade or a test is another "
            + "cluster");
    }

    private static async Task CreateAsync(
        IStorage storage, ClusterIdentity cluster, TimeProvider clock, CancellationToken cancellationToken)
    {
        // The kit first: a repository that says it is one can always be restored without this program.
        await RecoveryKit.WriteAsync(storage, cancellationToken);
        var description = new RepositoryDescription(
            RepositoryLayout.Format,
            Guid.CreateVersion7(clock.GetUtcNow()),
            cluster.SystemIdentifier,
            cluster.PostgresMajor,
            cluster.WalSegmentSize,
            RepositoryDescription.DefaultChunkSize,
            null,
            clock.GetUtcNow());
        var json = JsonSerializer.SerializeToUtf8Bytes(description, RepositoryJson.Indented.RepositoryDescription);
        try
        {
            await storage.PutAsync(RepositoryLayout.Description, ObjectContent.FromBytes(json), cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageConflict)
        {
            // Another process created it first; opening decides whether it is ours.
        }
    }
}
