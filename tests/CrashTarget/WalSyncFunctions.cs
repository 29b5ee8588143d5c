using Highwater.EmbeddedHost.State;
using Highwater.FunctionApp.WalSync;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.CrashTarget;

/// <summary>The WAL sync's own orchestration over activities that the stage plays.</summary>
public sealed class WalSyncFunctions(Scenario scenario, Stage stage)
{
    [Function(WalSyncOrchestration.Name)]
    public static Task<WalSyncOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        WalSyncOrchestration.RunAsync(context);

    [Function(WalSyncActivities.ArchiveSpooledWal)]
    public async Task<ArchivedWal> ArchiveAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        const string Call = WalSyncActivities.ArchiveSpooledWal;
        await stage.PlayAsync(Call, Call, context.CancellationToken);
        return new ArchivedWal(2, 32, [], "local", ["near", "far"], TimeSpan.FromMinutes(1));
    }

    [Function(WalSyncActivities.ReplicateWal)]
    public async Task<ReplicatedWal> ReplicateAsync([ActivityTrigger] ReplicationStep step, FunctionContext context)
    {
        var call = $"{WalSyncActivities.ReplicateWal} {step.Repository}";
        await stage.PlayAsync(call, call, context.CancellationToken);

        var left = scenario.Passes.GetValueOrDefault(call, 1) - CountBegun(step.Repository, context);
        return new ReplicatedWal(step.Repository, 2, 32, left, 16 * left, []);
    }

    [Function(WalGapActivities.FindWalGap)]
    public async Task<FoundWalGap?> FindGapAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await stage.PlayAsync(WalGapActivities.FindWalGap, null, context.CancellationToken);
        return scenario.Gap;
    }

    [Function(WalGapActivities.StartBaseBackup)]
    public async Task<bool> StartBaseBackupAsync([ActivityTrigger] FoundWalGap gap, FunctionContext context)
    {
        // Not started: its commits would stand among those of the sync, in another order each time.
        await stage.PlayAsync(
            WalGapActivities.StartBaseBackup, WalGapActivities.StartBaseBackup, context.CancellationToken);
        return true;
    }

    // The same however often a crash makes it run: a pass that was begun is on record.
    private static int CountBegun(string repository, FunctionContext context) =>
        context.InstanceServices.GetRequiredService<StateDatabase>()
        .Read(session => session.ReadHistory(WalSyncOrchestration.Name))
        .Count(e => e.Kind == EventKind.ActivityScheduled && e.Name == WalSyncActivities.ReplicateWal
            && e.Data!.Contains($"\"{repository}\"", StringComparison.Ordinal));
}
