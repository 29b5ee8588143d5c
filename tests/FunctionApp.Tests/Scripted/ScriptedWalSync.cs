using Highwater.FunctionApp.WalSync;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>The WAL sync's own timer and orchestration over activities that only do what the script says.</summary>
public sealed class ScriptedWalSync(
    Script script, TimeProvider clock, ILogger<WalSyncTimer> logger, ILogger<WalGapActivities> gapLogger)
{
    [Function("WalSyncTimer")]
    public Task TickAsync(
        [TimerTrigger("%WAL_SYNC_SCHEDULE%")] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        new WalSyncTimer(logger).RunAsync(timer, client, cancellationToken);

    [Function(WalSyncOrchestration.Name)]
    public static Task<WalSyncOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        WalSyncOrchestration.RunAsync(context);

    [Function(WalSyncActivities.ArchiveSpooledWal)]
    public async Task<ArchivedWal> ArchiveAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await script.RunAsync(WalSyncActivities.ArchiveSpooledWal, context.CancellationToken);
        var (files, faults) = script.Spool(script.CountOf(WalSyncActivities.ArchiveSpooledWal));
        return new ArchivedWal(files, files * 16, faults, "local", ["near", "far"], TimeSpan.FromMinutes(1));
    }

    [Function(WalSyncActivities.ReplicateWal)]
    public async Task<ReplicatedWal> ReplicateAsync([ActivityTrigger] ReplicationStep step, FunctionContext context)
    {
        var call = $"{WalSyncActivities.ReplicateWal} {step.Repository}";
        await script.RunAsync(call, context.CancellationToken);
        return script.Replicate(step, script.CountOf(call));
    }

    [Function(WalGapActivities.FindWalGap)]
    public async Task<FoundWalGap?> FindGapAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await script.RunAsync(WalGapActivities.FindWalGap, context.CancellationToken);
        return script.Gap;
    }

    [Function(WalGapActivities.StartBaseBackup)]
    public async Task<bool> StartBaseBackupAsync(
        [ActivityTrigger] FoundWalGap gap, [DurableClient] DurableTaskClient client, FunctionContext context)
    {
        await script.RunAsync(WalGapActivities.StartBaseBackup, context.CancellationToken);
        return await WalGapActivities.StartBaseBackupAsync(gap, client, clock, gapLogger, context.CancellationToken);
    }
}
