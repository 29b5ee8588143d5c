using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Verification;

/// <summary>Reads every commit of a repository; one that cannot be understood is a finding, not the end.</summary>
internal sealed class CatalogCheck(BackupRepository repository, ObjectRepair? repair, FindingList findings)
{
    /// <summary>Ids of base backups whose commit cannot be understood.</summary>
    public List<BackupId> Unreadable { get; } = [];

    /// <summary>The base backups that can be understood, oldest first.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.BackupUnknown"/> if <paramref name="only"/> is not
    /// there; the storage cannot be asked now.</exception>
    public async Task<IReadOnlyList<BackupRecord>> ReadAsync(BackupId? only, CancellationToken cancellationToken)
    {
        var catalog = new BackupCatalog(repository);
        var records = new List<BackupRecord>();
        var ids = await catalog.ListIdsAsync(cancellationToken);
        if (only is not null && !ids.Contains(only))
            await catalog.ReadAsync(only, cancellationToken);
        foreach (var id in ids)
        {
            if (await TryReadAsync(catalog, id, cancellationToken) is { } record)
                records.Add(record);
            else if (only is null || only == id)
                Unreadable.Add(id);
        }

        return records;
    }

    private async Task<BackupRecord?> TryReadAsync(
        BackupCatalog catalog, BackupId id, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.ReadAsync(id, cancellationToken);
        }
        catch (HighwaterException e) when (ObjectChecker.IsDamage(e) || e.Code == ErrorCodes.RepositoryForeign)
        {
            var refusal = repair is null
                ? "no other repository was given"
                : await repair.TryCommitAsync(id, cancellationToken);
            findings.Add(RepositoryLayout.BackupCommit(id), e.WhatHappened, refusal);
            return refusal is null ? await catalog.ReadAsync(id, cancellationToken) : null;
        }
    }
}
