using Highwater.FunctionApp.WalSync;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.CrashTarget;

/// <summary>The WAL sync's own orchestration over activities that the stage plays.</summary>
public sealed class WalSyncFunctions(Stage stage)
{
    [Function(WalSyncOrchestration.Name)]
    public static Task<WalSyncOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        WalSyncOrchestration.RunAsync(context);

    [Function(WalSyncActivities.ArchiveSpooledWal)]
    public async Task<ArchivedWal> ArchiveAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        const string Call = WalSyncActivities.ArchiveSpooledWal;
        await stage.PlayAsync(Call, Call, context.CancellationToken);
        return new ArchivedWal(2, 32, [], "local", ["near", "far"]);
    }

    [Function(WalSyncActivities.ReplicateWal)]
    public async Task<ReplicatedWal> ReplicateAsync([ActivityTrigger] string repository, FunctionContext context)
    {
        var call = $"{WalSyncActivities.ReplicateWal} {repository}";
        await stage.PlayAsync(call, call, context.CancellationToken);
        return new ReplicatedWal(2, 0, []);
    }
}
