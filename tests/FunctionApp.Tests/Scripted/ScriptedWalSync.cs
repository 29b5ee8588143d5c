using Highwater.FunctionApp.WalSync;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>The WAL sync's own timer and orchestration over activities that only do what the script says.</summary>
public sealed class ScriptedWalSync(Script script, ILogger<WalSyncTimer> logger)
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
        return new ArchivedWal(2, 32, [], "local", ["near", "far"]);
    }

    [Function(WalSyncActivities.ReplicateWal)]
    public async Task<ReplicatedWal> ReplicateAsync([ActivityTrigger] string repository, FunctionContext context)
    {
        await script.RunAsync($"{WalSyncActivities.ReplicateWal} {repository}", context.CancellationToken);
        return new ReplicatedWal(2, 0, []);
    }
}
