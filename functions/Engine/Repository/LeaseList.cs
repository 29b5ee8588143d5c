using Highwater.Engine.Errors;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>The leases of a repository.</summary>
public static class LeaseList
{
    /// <summary>Those that count now.</summary>
    /// <exception cref="HighwaterException">Any storage error.</exception>
    public static async Task<IReadOnlyList<LeaseRecord>> ReadLiveAsync(
        BackupRepository repository, TimeProvider clock, CancellationToken cancellationToken) =>
        [.. (await ReadAsync(repository, cancellationToken)).Where(lease => lease.IsLive(clock.GetUtcNow()))];

    /// <summary>Removes what dead holders left behind. Repeatable.</summary>
    public static async Task RemoveDeadAsync(
        BackupRepository repository, TimeProvider clock, CancellationToken cancellationToken)
    {
        foreach (var lease in await ReadAsync(repository, cancellationToken))
        {
            if (!lease.IsLive(clock.GetUtcNow()))
                await repository.Storage.DeleteAsync(RepositoryLayout.Lease(lease.Holder), cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<LeaseRecord>> ReadAsync(
        BackupRepository repository, CancellationToken cancellationToken)
    {
        var leases = new List<LeaseRecord>();
        await foreach (var entry in repository.Storage.ListAsync(RepositoryLayout.Leases, cancellationToken))
        {
            try
            {
                var json = await repository.Storage.ReadSmallAsync(entry.Key, cancellationToken);
                leases.Add(RepositoryJson.Parse<LeaseRecord>(json, $"{entry.Key} of {repository.Storage.Address}"));
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.StorageObjectMissing)
            {
                // Released between the listing and the reading.
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.RepositoryDamaged)
            {
                leases.Add(Unreadable(entry));
            }
        }

        return leases;
    }

    // Whoever wrote it may be at work on anything, but must not be in the way for longer than a lease lives.
    private static LeaseRecord Unreadable(StorageEntry entry) => new(
        entry.Key[RepositoryLayout.Leases.Length..].Replace(".json", "", StringComparison.Ordinal),
        LeasePurpose.Prune,
        new LeaseProcess("an unknown host, in a lease that cannot be read", 0, "", 0),
        entry.ModifiedAt,
        entry.ModifiedAt + Lease.Lifetime);
}
