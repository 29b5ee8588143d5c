using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Microsoft.Extensions.Logging;
using ZstdSharp;

namespace Highwater.Engine.Restore;

/// <summary>
/// Restores the files of a base backup and writes the settings that make PostgreSQL recover to the target. Every chunk
/// and every file is verified; nothing of the directory is taken for whole before everything is on the disk.
/// </summary>
/// <param name="repositories">The plan's among them; the others replace it where it fails.</param>
/// <param name="clock">For the elapsed time and the lease.</param>
/// <param name="logger">Told of what other repositories had to replace.</param>
public sealed partial class RestoreBaseBackup(
    IReadOnlyList<RepositorySource> repositories, TimeProvider clock, ILogger<RestoreBaseBackup> logger)
{
    /// <summary>Runs the plan. Not repeatable into the same directory: what an interrupted one left is
    /// refused.</summary>
    /// <param name="plan">Of <see cref="PlanRestore"/>.</param>
    /// <param name="options">Where to.</param>
    /// <param name="progress">Told after every chunk group; null for nobody.</param>
    /// <param name="cancellationToken">Stops it; the directory stays marked as incomplete.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RestoreTargetNotEmpty"/>: nothing was changed;
    /// <see cref="ErrorCodes.RepositoryDamaged"/>: no repository has the right bytes;
    /// <see cref="ErrorCodes.RestoreFailed"/>: the disk refused; any storage error.</exception>
    public async Task<RestoreOutcome> RunAsync(
        RestorePlan plan,
        RestoreOptions options,
        IProgress<RestoreProgress>? progress,
        CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var source = repositories.FirstOrDefault(repository => repository.Name == plan.Repository)
            ?? throw new ArgumentException($"The plan's repository '{plan.Repository}' was not given.", nameof(plan));
        var directory = new RestoreDirectory(options, plan.Backup);
        try
        {
            var owner = await FileOwner.FindAsync(options.Owner, cancellationToken);
            var repository = await source.OpenAsync(cancellationToken);
            await using var lease = await HoldAsync(repository, cancellationToken);
            await ClusterFileCheck.RunAsync(repository, plan.Backup, cancellationToken);
            directory.Prepare();
            var chunks = new ChunkSources(
                repository, [.. repositories.Where(r => r != source)], plan.Backup.ChunkSize, logger);
            var run = new RestoreRun(repository, chunks, directory, plan, progress);
            await run.RestoreFilesAsync(Workers(options), cancellationToken);
            await WriteManifestAsync(repository, plan.Backup, directory, cancellationToken);
            var notices = RecoverySettings.Write(directory.Root, plan, options.RestoreCommand).ToList();
            if (directory.RewriteTablespaceMap())
                notices.Add("tablespace_map was changed for the moved tablespaces; to check the files with "
                    + "pg_verifybackup, add -i tablespace_map.");
            run.FinishDirectories();
            await SealAsync(run, directory, owner, cancellationToken);
            if (owner is null && Environment.IsPrivilegedProcess)
                notices.Add("The files belong to root, who may not start PostgreSQL: chown -R them to its user.");
            return new RestoreOutcome(
                directory.Root, run.FilesDone, run.BytesDone, chunks.ReadBytes, chunks.ReplacedChunks, owner?.Name,
                clock.GetElapsedTime(started), notices);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HighwaterException(
                ErrorCodes.RestoreFailed,
                $"Restoring into {directory.Root} failed: {e.Message.TrimEnd('.')}.",
                $"see that the file system has {new ByteCount(plan.DatabaseBytes)} free and that this user may write "
                + "there; "
                + "then remove the incomplete directory and restore again",
                e);
        }
    }

    private static int Workers(RestoreOptions options) =>
        options.Parallelism > 0 ? options.Parallelism : Math.Max(4, Environment.ProcessorCount);

    /// <summary>Where a lease cannot be written, such as on a read-only mount, the restore goes on without
    /// one.</summary>
    private async Task<Lease?> HoldAsync(BackupRepository repository, CancellationToken cancellationToken)
    {
        try
        {
            return await Lease.AcquireAsync(repository, LeasePurpose.Restore, clock, logger, cancellationToken);
        }
        catch (HighwaterException e) when (e.Code == ErrorCodes.StorageDenied || e.Code == ErrorCodes.StorageFailed
            || e.Code == ErrorCodes.StorageFull)
        {
            LogNoLease(e, repository.Name);
            return null;
        }
    }

    private static async Task WriteManifestAsync(
        BackupRepository repository,
        BackupRecord backup,
        RestoreDirectory directory,
        CancellationToken cancellationToken)
    {
        var key = RepositoryLayout.Manifest(backup.Id);
        var stored = await repository.Storage.ReadSmallAsync(key, cancellationToken);
        if (Sha256Hash.Of(stored) != backup.Manifest.Sha256)
            throw new HighwaterException(
                ErrorCodes.RepositoryDamaged,
                $"{key} of {repository.Storage.Address} does not have the SHA-256 it was committed with.",
                "restore from another repository (--repository remote), or run 'highwater verify --repair'");
        var path = Path.Combine(directory.Root, "backup_manifest");
        await using var file = File.Create(path);
        await using var plain = new DecompressionStream(new MemoryStream(stored), leaveOpen: false);
        await plain.CopyToAsync(file, cancellationToken);
        File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Everything to the disk first, then the file that lets PostgreSQL start, then away with the
    /// marker.</summary>
    private static async Task SealAsync(
        RestoreRun run, RestoreDirectory directory, FileOwner? owner, CancellationToken cancellationToken)
    {
        Array.ForEach([.. directory.Trees], tree => owner?.TakeTree(tree));
        directory.Flush();
        var control = await run.RestoreControlFileAsync(cancellationToken);
        owner?.TakeFile(control);
        directory.Flush();
        directory.RemoveMarker();
        DurableFiles.SyncFolder(directory.Root);
    }

    [LoggerMessage(6031, LogLevel.Warning, "No lease could be written into {Repository}; do not prune it meanwhile")]
    private partial void LogNoLease(Exception e, string repository);
}
