using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>Reads a file list to its end before anything is done with it: its hash stands at the end.</summary>
internal static class FileListCheck
{
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>: it is not what was committed,
    /// or contradicts itself; any storage error.</exception>
    public static async Task RunAsync(
        BackupRepository repository, BackupRecord backup, CancellationToken cancellationToken)
    {
        var hasControlFile = false;
        await foreach (var entry in FileListReader.ReadAsync(repository, backup, cancellationToken))
        {
            hasControlFile |= entry.Path == RestoreDirectory.ControlFile;
            var chunks = entry.Runs?.Sum(run => (long)run.Count) ?? 0;
            var wanted = entry.Type == FileType.File ? (entry.Size + backup.ChunkSize - 1) / backup.ChunkSize : 0;
            if (chunks != wanted || entry.Type == FileType.File != entry.Sha256 is not null
                || entry.Type == FileType.Symlink != entry.Target is not null)
                throw Damaged(repository, backup, $"the entry {entry.Path} contradicts itself");
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
