using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>One restore on its way: what is done, and what comes last.</summary>
internal sealed class RestoreRun
{
    private readonly BackupRepository repository;
    private readonly ChunkSources chunks;
    private readonly RestoreDirectory directory;
    private readonly RestorePlan plan;
    private readonly IProgress<RestoreProgress>? progress;
    private readonly RestoreBatches batches;
    private long filesDone;
    private long bytesDone;

    public RestoreRun(
        BackupRepository repository,
        ChunkSources chunks,
        RestoreDirectory directory,
        RestorePlan plan,
        IProgress<RestoreProgress>? progress)
    {
        this.repository = repository;
        this.chunks = chunks;
        this.directory = directory;
        this.plan = plan;
        this.progress = progress;
        batches = new RestoreBatches(directory, plan.Backup.ChunkSize, FileDone);
    }

    public long FilesDone => Volatile.Read(ref filesDone);

    /// <summary>Of whole files.</summary>
    public long BytesDone => Volatile.Read(ref bytesDone);

    /// <summary>Everything but the control file.</summary>
    public Task RestoreFilesAsync(int workers, CancellationToken cancellationToken)
    {
        var entries = FileListReader.ReadAsync(repository, plan.Backup, cancellationToken);
        return Parallel.ForEachAsync(
            batches.MakeAsync(entries, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken },
            async (batch, token) =>
            {
                await chunks.RestoreAsync(batch, OnWritten, token);
                Report();
            });
    }

    /// <summary>Call once all files stand.</summary>
    public void FinishDirectories() => batches.FinishDirectories();

    /// <summary>The last file. Returns its path.</summary>
    public async Task<string> RestoreControlFileAsync(CancellationToken cancellationToken)
    {
        var entry = batches.ControlFile ?? throw new HighwaterException(
            ErrorCodes.RepositoryDamaged,
            $"The file list of {plan.Backup.Id} changed while it was read: it has no {RestoreDirectory.ControlFile} "
            + "any more.",
            "restore from another repository: --repository remote");
        var path = directory.PathOf(entry)!;
        await chunks.RestoreAsync([.. batches.PlacesOfFile(entry, path)], OnWritten, cancellationToken);
        Report();
        return path;
    }

    private void OnWritten(ChunkPlace place, bool fileDone)
    {
        if (fileDone)
            FileDone(place.File);
    }

    private void FileDone(RestoredFile file)
    {
        Interlocked.Increment(ref filesDone);
        Interlocked.Add(ref bytesDone, file.Entry.Size);
    }

    private void Report() =>
        progress?.Report(new RestoreProgress(FilesDone, plan.Files, BytesDone, plan.DatabaseBytes));
}
