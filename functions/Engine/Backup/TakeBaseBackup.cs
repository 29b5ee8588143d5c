using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.Storage.Local;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Backup;

/// <summary>
/// Takes a base backup: one read of the server, cut into chunks, of which only those that are new are stored in the
/// local repository and offered to the others at the same time. No byte of the database touches a disk except in packs,
/// unless the cluster has tablespaces, which pg_basebackup can only write to files.
/// </summary>
public sealed partial class TakeBaseBackup(
    PostgresOptions server, TimeProvider clock, ILogger<TakeBaseBackup> logger, WalOptions? wal = null)
{
    /// <summary>Under which name the server shows the base backup; see <see cref="ReadBackupProgress"/>.</summary>
    public const string ApplicationName = "highwater";

    /// <summary>
    /// Takes it. Restartable: if <paramref name="id"/> is committed it is returned; packs of an attempt that was killed
    /// are found and reused. It counts from the moment its <c>backup.json</c> is there, and then everything it names is
    /// durable.
    /// </summary>
    /// <param name="id">The id it is to have; the same on every attempt.</param>
    /// <param name="local">Receives it.</param>
    /// <param name="others">Are offered each pack as it becomes durable; being away costs them nothing but time
    /// later.</param>
    /// <param name="temporaryFolder">For file list and manifest, and for all of a cluster with tablespaces. Is
    /// created.</param>
    /// <param name="cancellationToken">Stops it; complete packs stay and are reused.</param>
    /// <exception cref="HighwaterException">2xx: the server or pg_basebackup; 3xx: the local storage;
    /// <see cref="ErrorCodes.RepositoryForeign"/>, <see cref="ErrorCodes.RepositoryLeased"/>,
    /// <see cref="ErrorCodes.LeaseLost"/>.</exception>
    public async Task<BackupRecord> RunAsync(
        BackupId id,
        BackupRepository local,
        IReadOnlyList<RepositorySource> others,
        string temporaryFolder,
        CancellationToken cancellationToken)
    {
        var catalog = new BackupCatalog(local);
        if ((await catalog.ListIdsAsync(cancellationToken)).Contains(id))
            return await catalog.ReadAsync(id, cancellationToken);

        var facts = await new CheckServer(server, wal).RunAsync(cancellationToken);
        local.EnsureBelongsTo(facts.SystemIdentifier);
        await using var lease = await Lease.AcquireAsync(
            local, LeasePurpose.BaseBackup, clock, logger, cancellationToken);

        // Asked again: whoever else was given this id may have committed before the lease was ours.
        if ((await catalog.ListIdsAsync(cancellationToken)).Contains(id))
            return await catalog.ReadAsync(id, cancellationToken);

        // What an attempt that was killed just before its commit left is another attempt's list: only packs are reused.
        await local.Storage.DeleteAsync(RepositoryLayout.FileList(id), cancellationToken);
        await local.Storage.DeleteAsync(RepositoryLayout.Manifest(id), cancellationToken);
        LogStarted(logger, id, server);

        var known = new KnownChunks(local, logger);
        await known.LoadAsync(cancellationToken);
        var mirrors = others
            .Select(other => PackMirror.Start(local, other.Name, other.OpenAsync, logger, cancellationToken))
            .ToList();
        try
        {
            await using var sink = new PackSink(
                local.Storage, known.Packs, pack => mirrors.ForEach(mirror => mirror.Offer(pack)));
            var record = await StoreAsync(id, facts, local, known, sink, temporaryFolder, cancellationToken);
            known.WarnIfFull();
            lease.EnsureHeld();
            await catalog.CommitAsync(record, cancellationToken);
            LogFinished(logger, id, record.Sizes.Files, record.Sizes.DatabaseBytes, record.Sizes.StoredBytes);
            return record;
        }
        catch (Exception e) when (LocalErrors.IsFileTrouble(e))
        {
            // Storage has its own errors: what is left are the temporary files.
            var trouble = LocalErrors.Translate(e, "writing temporary files in", temporaryFolder, temporaryFolder, 0);
            throw new TransientException(trouble.Code, trouble.WhatHappened, trouble.Remedy, e);
        }
        finally
        {
            foreach (var mirror in mirrors)
                await mirror.DisposeAsync();
        }
    }

    /// <summary>Everything but the commit: when it returns, all that the record names is durable.</summary>
    private async Task<BackupRecord> StoreAsync(
        BackupId id,
        ServerFacts facts,
        BackupRepository local,
        KnownChunks known,
        PackSink sink,
        string temporaryFolder,
        CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        using var work = WorkFolder.Create(temporaryFolder);
        await using var list = new FileListWriter(work.Path);
        await using var manifest = new CompressedTemporaryFile(work.Path);
        await using var pipeline = new ChunkPipeline(known, sink, list, local.Description.ChunkSize, cancellationToken);
        var intake = new TarIntake(pipeline, manifest);
        await ReceiveAsync(id, facts, intake, work, cancellationToken);
        await pipeline.CompleteAsync();
        var finishedAt = clock.GetUtcNow();

        var manifestContent = await manifest.FinishAsync(cancellationToken);
        var (label, range) = await CheckAsync(intake, manifest, cancellationToken);
        var fileListContent = await list.FinishAsync(cancellationToken);
        await local.Storage.PutAsync(RepositoryLayout.FileList(id), fileListContent, cancellationToken);
        await local.Storage.PutAsync(RepositoryLayout.Manifest(id), manifestContent, cancellationToken);
        var packs = known.Packs.Referenced;
        return new BackupRecord(
            RepositoryLayout.Format,
            id,
            facts.SystemIdentifier,
            facts.VersionNumber,
            label.Timeline,
            label.StartLsn,
            range.End,
            WalSegmentName.Containing(label.Timeline, label.StartLsn, facts.WalSegmentSize),
            WalSegmentName.Before(label.Timeline, range.End, facts.WalSegmentSize),
            startedAt,
            finishedAt,
            local.Description.ChunkSize,
            new ObjectReference(fileListContent.Hash, fileListContent.Length),
            new ObjectReference(manifestContent.Hash, manifestContent.Length),
            new BackupSizes(
                list.Files, pipeline.DatabaseBytes, pipeline.NewChunkBytes, sink.StoredBytes, packs.Sum(p => p.Length)),
            packs,
            [.. facts.Tablespaces.Select(t => new TablespaceRecord(t.Oid, t.Location))]);
    }

    private static async Task<(BackupLabel Label, ManifestWalRange Range)> CheckAsync(
        TarIntake intake, CompressedTemporaryFile manifest, CancellationToken cancellationToken)
    {
        await using var plain = manifest.OpenPlain();
        var checkedManifest = await ManifestCheck.RunAsync(plain, intake.Files, cancellationToken);
        var label = intake.Label ?? throw new TransientException(
            ErrorCodes.BaseBackupFailed,
            "The base backup came without its backup_label.",
            "run 'highwater backup' again");
        return (label, checkedManifest.WalRanges[0]);
    }

    private async Task ReceiveAsync(
        BackupId id, ServerFacts facts, TarIntake intake, WorkFolder work, CancellationToken cancellationToken)
    {
        var request = new BaseBackupRequest(
            $"highwater {id}", ApplicationName, Path.Combine(work.Path, "staging"));
        await using var process = await BaseBackupProcess.StartAsync(server, facts, request, clock, logger);
        await foreach (var tar in process.ReadTarsAsync(cancellationToken))
            await intake.ReadAsync(tar, cancellationToken);
        await process.CompleteAsync(cancellationToken);
        if (process.ManifestPath is { } path)
            await intake.ReadManifestAsync(path, cancellationToken);
    }

    [LoggerMessage(601, LogLevel.Information, "Base backup {Id} of {Server} begins")]
    private static partial void LogStarted(ILogger logger, BackupId id, PostgresOptions server);

    [LoggerMessage(602, LogLevel.Information,
        "Base backup {Id} is committed: {Files} files, {DatabaseBytes} bytes, of which {StoredBytes} bytes were new "
            + "packs")]
    private static partial void LogFinished(
        ILogger logger, BackupId id, long files, long databaseBytes, long storedBytes);
}
