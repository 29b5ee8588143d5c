using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Verification;

/// <summary>An object without which a base backup cannot be restored.</summary>
/// <param name="Key">In the repository.</param>
/// <param name="Length">In bytes, where the base backup knows it.</param>
internal readonly record struct NeededObject(string Key, long? Length)
{
    /// <summary>Everything a base backup needs besides its own commit.</summary>
    public static IEnumerable<NeededObject> Of(BackupRecord backup, WalSegmentSize segmentSize)
    {
        yield return new NeededObject(RepositoryLayout.FileList(backup.Id), backup.FileList.Length);
        yield return new NeededObject(RepositoryLayout.Manifest(backup.Id), backup.Manifest.Length);
        foreach (var pack in backup.Packs)
            yield return new NeededObject(RepositoryLayout.Pack(pack.Sha256), pack.Length);
        foreach (var segment in WalSegmentName.Range(backup.FirstSegment, backup.LastSegment, segmentSize))
            yield return new NeededObject(RepositoryLayout.WalFile(WalFileName.Of(segment)), null);
    }

    /// <summary>Says what is wrong, going by the listing alone; null if nothing is.</summary>
    public string? FindFault(long? storedLength) => storedLength switch
    {
        null => $"{Key} is missing",
        0 => $"{Key} is empty",
        { } length when Length is not null && length != Length => $"{Key} has {length} bytes instead of {Length}",
        _ => null,
    };
}
