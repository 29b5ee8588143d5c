using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>The committed base backups of a repository.</summary>
public sealed class BackupCatalog(BackupRepository repository)
{
    /// <summary>The ids of all committed base backups, oldest first.</summary>
    public async Task<IReadOnlyList<BackupId>> ListIdsAsync(CancellationToken cancellationToken)
    {
        var ids = new List<BackupId>();
        await foreach (var entry in repository.Storage.ListAsync(RepositoryLayout.BaseBackups, cancellationToken))
        {
            if (RepositoryLayout.BackupOfCommit(entry.Key) is { } id)
                ids.Add(id);
        }

        ids.Sort();
        return ids;
    }

    /// <summary>All committed base backups, oldest first, those that cannot be understood apart from the
    /// rest.</summary>
    /// <exception cref="TransientException">The storage cannot be asked now.</exception>
    public async Task<CatalogListing> ListAsync(CancellationToken cancellationToken)
    {
        var backups = new List<BackupRecord>();
        var unreadable = new List<UnreadableBackup>();
        foreach (var id in await ListIdsAsync(cancellationToken))
        {
            try
            {
                backups.Add(await ReadAsync(id, cancellationToken));
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.BackupUnknown)
            {
                // Removed between the listing and the reading.
            }
            catch (HighwaterException e) when (e is not TransientException)
            {
                unreadable.Add(new UnreadableBackup(id, e));
            }
        }

        return new CatalogListing(backups, unreadable);
    }

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BackupUnknown"/>,
    /// <see cref="ErrorCodes.RepositoryDamaged"/>.</exception>
    public async Task<BackupRecord> ReadAsync(BackupId id, CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.BackupCommit(id);
        try
        {
            var json = await repository.Storage.ReadSmallAsync(key, cancellationToken);
            var record = RepositoryJson.Parse<BackupRecord>(json, $"{key} of {repository.Storage.Address}");
            repository.EnsureBelongsTo(record.SystemIdentifier);
            return record;
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing)
        {
            throw new HighwaterException(
                ErrorCodes.BackupUnknown,
                $"The repository '{repository.Name}' has no base backup {id}.",
                "run 'highwater list' to see the ids of those it has",
                e);
        }
    }

    /// <summary>
    /// Commits a base backup: from here on it counts. Everything the record names must be durable in this repository.
    /// Repeatable with the same record.
    /// </summary>
    public Task CommitAsync(BackupRecord record, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(record, RepositoryJson.Indented.BackupRecord);
        return repository.Storage.PutAsync(
            RepositoryLayout.BackupCommit(record.Id), ObjectContent.FromBytes(json), cancellationToken);
    }

    /// <summary>
    /// Removes a base backup, its commit first, so that a half-removed one never counts. Packs stay: other backups may
    /// share them, and prune finds those that nobody names. Repeatable.
    /// </summary>
    public async Task DeleteAsync(BackupId id, CancellationToken cancellationToken)
    {
        await repository.Storage.DeleteAsync(RepositoryLayout.BackupCommit(id), cancellationToken);
        await repository.Storage.DeleteAsync(RepositoryLayout.FileList(id), cancellationToken);
        await repository.Storage.DeleteAsync(RepositoryLayout.Manifest(id), cancellationToken);
    }
}
