using Highwater.Engine.Repository;
using Highwater.FunctionApp.BaseBackup;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.CrashTarget;

/// <summary>The base backup's own orchestration over activities that the stage plays.</summary>
public sealed class BaseBackupFunctions(Stage stage, EffectStore effects, VirtualClock clock)
{
    private const string Taken = BaseBackupActivities.TakeBaseBackup + " ";

    [Function(BaseBackupOrchestration.Name)]
    public static Task<BaseBackupOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        BaseBackupOrchestration.RunAsync(context);

    [Function(BaseBackupActivities.CheckServer)]
    public async Task<CheckedServer> CheckServerAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await stage.PlayAsync(BaseBackupActivities.CheckServer, null, context.CancellationToken);
        var taken = effects.Keys().Where(key => key.StartsWith(Taken, StringComparison.Ordinal));
        var id = BackupId.New(
            clock.Time.GetUtcNow(), [.. taken.Select(key => BackupId.Parse(key[Taken.Length..]))]);
        return new CheckedServer(id.ToString(), "local", ["remote"]);
    }

    [Function(BaseBackupActivities.TakeBaseBackup)]
    public async Task<TakenBackup> TakeBaseBackupAsync([ActivityTrigger] string id, FunctionContext context)
    {
        await stage.PlayAsync(BaseBackupActivities.TakeBaseBackup, Taken + id, context.CancellationToken);
        return new TakenBackup(id, 3, 4, 5, TimeSpan.FromSeconds(6));
    }

    [Function(BaseBackupReports.ReadBackupProgress)]
    public async Task<BaseBackupStatus> ReadProgressAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await stage.PlayAsync(BaseBackupReports.ReadBackupProgress, null, context.CancellationToken);
        return new BaseBackupStatus(BaseBackupActivities.TakeBaseBackup, null, "streaming", 1, 4);
    }

    [Function(BaseBackupActivities.ReplicateBackup)]
    public Task ReplicateAsync([ActivityTrigger] string repository, FunctionContext context) =>
        PlayAsync(BaseBackupActivities.ReplicateBackup, repository, "", context);

    [Function(BaseBackupActivities.AwaitWal)]
    public Task AwaitWalAsync([ActivityTrigger] BackupStep step, FunctionContext context) =>
        PlayAsync(BaseBackupActivities.AwaitWal, step.Repository, step.BackupId, context);

    [Function(BaseBackupActivities.VerifyBackup)]
    public Task VerifyAsync([ActivityTrigger] BackupStep step, FunctionContext context) =>
        PlayAsync(BaseBackupActivities.VerifyBackup, step.Repository, step.BackupId, context);

    [Function(BaseBackupActivities.Prune)]
    public Task PruneAsync([ActivityTrigger] string repository, FunctionContext context) =>
        PlayAsync(BaseBackupActivities.Prune, repository, "", context);

    [Function(BaseBackupReports.RecordOutcome)]
    public Task RecordAsync([ActivityTrigger] BaseBackupOutcome outcome, FunctionContext context) =>
        PlayAsync(BaseBackupReports.RecordOutcome, outcome.Backup.Id, "", context);

    private Task PlayAsync(string activity, string argument, string id, FunctionContext context)
    {
        var call = $"{activity} {argument}";
        return stage.PlayAsync(call, $"{call} {id}".TrimEnd(), context.CancellationToken);
    }
}
