using Highwater.Engine.Backup;
using Highwater.Engine.Configuration;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Retention;
using Highwater.Engine.Verification;
using Highwater.Engine.WalArchiving;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.FunctionApp.BaseBackup;

/// <summary>The steps of a base backup, each restartable: it looks at what is there and does the rest.</summary>
public sealed class BaseBackupActivities(
    HighwaterSettings settings,
    ClusterRepositories repositories,
    CheckServer checkServer,
    TakeWal takeWal,
    TakeBaseBackup takeBaseBackup,
    ReplicateBackup replicateBackup,
    AwaitWal awaitWal,
    VerifyRepository verifyRepository,
    PruneRepository pruneRepository,
    TimeProvider clock)
{
    public const string CheckServer = "CheckServer";
    public const string TakeBaseBackup = "TakeBaseBackup";
    public const string ReplicateBackup = "ReplicateBackup";
    public const string AwaitWal = "AwaitWal";
    public const string VerifyBackup = "VerifyBackup";
    public const string Prune = "Prune";

    /// <summary>An archive that is alive needs seconds; one that is not is said to be within the quarter of an
    /// hour.</summary>
    private static readonly TimeSpan WalDeadline = TimeSpan.FromMinutes(5);

    [Function(CheckServer)]
    public async Task<CheckedServer> CheckServerAsync(
        [ActivityTrigger] string? input, FunctionContext context)
    {
        var facts = await checkServer.RunAsync(context.CancellationToken);
        var local = await repositories.PrepareLocalAsync(facts, context.CancellationToken);

        // Streamed WAL begins with the slot: it has to be there before the base backup.
        if (settings.WalSource == WalSource.Stream)
            await takeWal.RunOrThrowAsync(local, context.CancellationToken);
        var taken = await new BackupCatalog(local).ListIdsAsync(context.CancellationToken);
        var id = BackupId.New(clock.GetUtcNow(), taken);
        return new CheckedServer(id.ToString(), local.Name, repositories.Others);
    }

    [Function(TakeBaseBackup)]
    public async Task<TakenBackup> TakeBaseBackupAsync([ActivityTrigger] string id, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var record = await takeBaseBackup.RunAsync(
            BackupId.Parse(id), local, repositories.OthersOf(local), settings.TemporaryPath, context.CancellationToken);
        return new TakenBackup(
            id,
            record.Sizes.Files,
            record.Sizes.DatabaseBytes,
            record.Sizes.StoredBytes,
            record.FinishedAt - record.StartedAt);
    }

    [Function(ReplicateBackup)]
    public async Task ReplicateBackupAsync([ActivityTrigger] string repository, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var other = await repositories.PrepareAsync(repository, local, context.CancellationToken);
        await replicateBackup.RunAsync(local, other, context.CancellationToken);
    }

    [Function(AwaitWal)]
    public async Task AwaitWalAsync([ActivityTrigger] BackupStep step, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var awaited = await repositories.OpenAsync(step.Repository, local, context.CancellationToken);
        var record = await new BackupCatalog(local).ReadAsync(BackupId.Parse(step.BackupId), context.CancellationToken);
        await awaitWal.RunAsync(record, local, awaited, WalDeadline, context.CancellationToken);
    }

    [Function(VerifyBackup)]
    public async Task VerifyBackupAsync([ActivityTrigger] BackupStep step, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var repository = await repositories.OpenAsync(step.Repository, local, context.CancellationToken);
        var report = await verifyRepository.RunAsync(
            repository,
            new VerifyRequest(BackupId.Parse(step.BackupId), VerifyDepth.NewPacks),
            null,
            null,
            context.CancellationToken);
        report.EnsurePassed();
    }

    [Function(Prune)]
    public async Task PruneAsync([ActivityTrigger] string repository, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var opened = await repositories.OpenAsync(repository, local, context.CancellationToken);
        await pruneRepository.RunAsync(opened, settings.RetentionCount, dryRun: false, context.CancellationToken);
    }
}
