using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Verification;

/// <summary>
/// Says of base backups whether everything they need is in the repository, WAL included, going by listings: the one
/// judgement of what counts as restorable without reading it. What the bytes are like is for
/// <see cref="VerifyRepository"/>.
/// </summary>
public sealed class PresenceCheck
{
    private readonly Dictionary<string, long> _lengths;
    private readonly WalSegmentSize _segmentSize;

    /// <param name="segmentSize">Of the cluster.</param>
    /// <param name="entries">Everything under <c>base-backups/</c>, <c>packs/</c> and <c>wal-archive/</c>.</param>
    public PresenceCheck(WalSegmentSize segmentSize, IEnumerable<StorageEntry> entries)
    {
        _segmentSize = segmentSize;
        _lengths = entries.ToDictionary(entry => entry.Key, entry => entry.Length);
    }

    /// <summary>Reads the listings of a repository.</summary>
    /// <exception cref="Errors.HighwaterException">Any storage error.</exception>
    public static async Task<PresenceCheck> ReadAsync(
        BackupRepository repository, CancellationToken cancellationToken)
    {
        var entries = new List<StorageEntry>();
        string[] folders = [RepositoryLayout.BaseBackups, RepositoryLayout.Packs, RepositoryLayout.WalArchive];
        foreach (var folder in folders)
        {
            await foreach (var entry in repository.Storage.ListAsync(folder, cancellationToken))
                entries.Add(entry);
        }

        return new PresenceCheck(repository.Description.WalSegmentSize, entries);
    }

    /// <summary>What a base backup lacks first, as a clause such as <c>packs/ab/….tar is missing</c>; null if it lacks
    /// nothing.</summary>
    public string? FindFault(BackupRecord backup) => NeededObject.Of(backup, _segmentSize)
        .Select(needed => needed.FindFault(_lengths.TryGetValue(needed.Key, out var length) ? length : null))
        .FirstOrDefault(found => found is not null);

    /// <summary>What each base backup lacks that lacks something.</summary>
    public IReadOnlyDictionary<BackupId, string> FindFaults(IEnumerable<BackupRecord> backups)
    {
        var faults = new Dictionary<BackupId, string>();
        foreach (var backup in backups)
        {
            if (FindFault(backup) is { } fault)
                faults.Add(backup.Id, fault);
        }

        return faults;
    }
}
