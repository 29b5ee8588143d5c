using Highwater.FunctionApp.BaseBackup;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>The base backup's own timer and orchestration over activities that only do what the script says.</summary>
public sealed class ScriptedBaseBackup(Script script, ILogger<BaseBackupTimer> logger)
{
    private static readonly TakenBackup Figures = new("", 3, 4, 5, TimeSpan.FromSeconds(6));

    [Function("BaseBackupTimer")]
    public Task TickAsync(
        [TimerTrigger("%BACKUP_SCHEDULE%")] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        new BaseBackupTimer(logger).RunAsync(timer, client, cancellationToken);

    [Function(BaseBackupOrchestration.Name)]
    public static Task<BaseBackupOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        BaseBackupOrchestration.RunAsync(context);

    [Function(BaseBackupActivities.CheckServer)]
    public async Task<CheckedServer> CheckServerAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await script.RunAsync(BaseBackupActivities.CheckServer, context.CancellationToken);

        // Each check names another backup, as the clock does.
        var id = $"backup-{script.CountOf(BaseBackupActivities.CheckServer)}";
        return new CheckedServer(id, "local", ["remote"]);
    }

    [Function(BaseBackupActivities.TakeBaseBackup)]
    public async Task<TakenBackup> TakeBaseBackupAsync([ActivityTrigger] string id, FunctionContext context)
    {
        await script.RunAsync(BaseBackupActivities.TakeBaseBackup, id, context.CancellationToken);
        return Figures with { Id = id };
    }

    [Function(BaseBackupReports.ReadBackupProgress)]
    public async Task<BaseBackupStatus> ReadProgressAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await script.RunAsync(BaseBackupReports.ReadBackupProgress, context.CancellationToken);
        return new BaseBackupStatus(BaseBackupActivities.TakeBaseBackup, null, "streaming", 1, 4);
    }

    [Function(BaseBackupActivities.ReplicateBackup)]
    public Task ReplicateAsync([ActivityTrigger] string repository, FunctionContext context) =>
        script.RunAsync($"{BaseBackupActivities.ReplicateBackup} {repository}", context.CancellationToken);

    [Function(BaseBackupActivities.AwaitWal)]
    public Task AwaitWalAsync([ActivityTrigger] BackupStep step, FunctionContext context) =>
        script.RunAsync($"{BaseBackupActivities.AwaitWal} {step.Repository}", step.BackupId, context.CancellationToken);

    [Function(BaseBackupActivities.VerifyBackup)]
    public Task VerifyAsync([ActivityTrigger] BackupStep step, FunctionContext context) =>
        script.RunAsync(
            $"{BaseBackupActivities.VerifyBackup} {step.Repository}", step.BackupId, context.CancellationToken);

    [Function(BaseBackupActivities.Prune)]
    public Task PruneAsync([ActivityTrigger] string repository, FunctionContext context) =>
        script.RunAsync($"{BaseBackupActivities.Prune} {repository}", context.CancellationToken);

    [Function(BaseBackupReports.RecordOutcome)]
    public Task RecordAsync([ActivityTrigger] BaseBackupOutcome outcome, FunctionContext context) =>
        script.RunAsync(BaseBackupReports.RecordOutcome, context.CancellationToken);
}
