using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>Reads a file list to its end before anything is done with it: its hash stands at the end.</summary>
internal static class ClusterFileCheck
{
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: it is not what was committed,
    /// or contradicts itself; any storage error.</exception>
    public static async Task RunAsync(
        BackupRepository repository, BackupRecord backup, CancellationToken cancellationToken)
    {
        var packs = backup.Packs.ToDictionary(pack => pack.Sha256, pack => pack.Length);
        var hasControlFile = false;
        await foreach (var entry in FileListReader.ReadAsync(repository, backup, cancellationToken))
        {
            hasControlFile |= entry.Path == RestoreDirectory.ControlFile;
            if (FileListCheck.FindFault(entry, backup.ChunkSize, packs) is { } fault)
                throw Damaged(repository, backup, $"at {entry.Path}: {fault}");
        }

        if (!hasControlFile)
            throw Damaged(repository, backup, $"it has no {RestoreDirectory.ControlFile}");
    }

    private static HighwaterException Damaged(BackupRepository repository, BackupRecord backup, string problem) => new(
        ErrorCodes.RepositoryDamaged,
        $"{RepositoryLayout.FileList(backup.Id)} of {repository.Storage.Address} is no file list of a cluster: "
        + $"{problem}.",
        "restore another base backup, or from another repository: --repository remote");
}
