using Highwater.Engine.Configuration;
using Highwater.Engine.WalArchiving;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.FunctionApp.WalSync;

/// <summary>The steps of a WAL sync, each restartable.</summary>
public sealed class WalSyncActivities(
    HighwaterSettings settings,
    ClusterRepositories repositories,
    TakeWal takeWal,
    ReplicateWal replicateWal,
    TimeProvider clock)
{
    public const string ArchiveSpooledWal = "ArchiveSpooledWal";
    public const string ReplicateWal = "ReplicateWal";

    [Function(ArchiveSpooledWal)]
    public async Task<ArchivedWal> ArchiveSpooledWalAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var archived = await takeWal.RunAsync(
            local, repositories.CopiesOf(local), context.CancellationToken);
        return new ArchivedWal(
            archived.Files,
            archived.Bytes,
            [.. archived.Faults.Select(fault => fault.Describe())],
            local.Name,
            repositories.Others,
            settings.Schedules.WalSyncInterval(clock));
    }

    [Function(ReplicateWal)]
    public async Task<ReplicatedWal> ReplicateWalAsync([ActivityTrigger] ReplicationStep step, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var other = await repositories.OpenAsync(step.Repository, local, context.CancellationToken);
        var replicated = await replicateWal.RunAsync(local, other, step.Budget, context.CancellationToken);
        return new ReplicatedWal(
            step.Repository,
            replicated.Files,
            replicated.Bytes,
            replicated.Remaining,
            replicated.RemainingBytes,
            [.. replicated.Faults.Select(fault => fault.Describe())]);
    }
}
