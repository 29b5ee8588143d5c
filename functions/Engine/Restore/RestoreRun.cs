using Highwater.Engine.Errors;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>One restore on its way: what is done, and what comes last.</summary>
internal sealed class RestoreRun
{
    private readonly BackupRepository _repository;
    private readonly ChunkSources _chunks;
    private readonly RestoreDirectory _directory;
    private readonly RestorePlan _plan;
    private readonly IProgress<RestoreProgress>? _progress;
    private readonly RestoreBatches _batches;
    private long _filesDone;
    private long _bytesDone;

    public RestoreRun(
        BackupRepository repository,
        ChunkSources chunks,
        RestoreDirectory directory,
        RestorePlan plan,
        IProgress<RestoreProgress>? progress)
    {
        _repository = repository;
        _chunks = chunks;
        _directory = directory;
        _plan = plan;
        _progress = progress;
        _batches = new RestoreBatches(directory, plan.Backup.ChunkSize, FileDone);
    }

    public long FilesDone => Volatile.Read(ref _filesDone);

    /// <summary>Of whole files.</summary>
    public long BytesDone => Volatile.Read(ref _bytesDone);

    /// <summary>Everything but the control file.</summary>
    public Task RestoreFilesAsync(int workers, CancellationToken cancellationToken)
    {
        var entries = FileListReader.ReadAsync(_repository, _plan.Backup, cancellationToken);
        return Parallel.ForEachAsync(
            _batches.MakeAsync(entries, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellationToken },
            async (batch, token) =>
            {
                await _chunks.RestoreAsync(batch, OnWritten, token);
                Report();
            });
    }

    /// <summary>Call once all files stand.</summary>
    public void FinishDirectories() => _batches.FinishDirectories();

    /// <summary>The last file. Returns its path.</summary>
    public async Task<string> RestoreControlFileAsync(CancellationToken cancellationToken)
    {
        var entry = _batches.ControlFile ?? throw new HighwaterException(
            ErrorCodes.RepositoryDamaged,
            $"The file list of {_plan.Backup.Id} changed while it was read: it has no {RestoreDirectory.ControlFile} "
            + "any more.",
            "restore from another repository: --repository remote");
        var path = _directory.PathOf(entry)!;
        await _chunks.RestoreAsync([.. _batches.PlacesOfFile(entry, path)], OnWritten, cancellationToken);
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
        Interlocked.Increment(ref _filesDone);
        Interlocked.Add(ref _bytesDone, file.Entry.Size);
    }

    private void Report() =>
        _progress?.Report(new RestoreProgress(FilesDone, _plan.Files, BytesDone, _plan.DatabaseBytes));
}
