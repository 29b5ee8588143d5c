using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.FunctionApp.BaseBackup;

/// <summary>
/// Takes one base backup and brings it, whole and proven, into every repository. The local repository comes first and
/// its
/// failure fails the run; another repository's failure is recorded and made good by the next run.
/// </summary>
public static class BaseBackupOrchestration
{
    /// <summary>The name of the orchestration, and the id of its one live instance.</summary>
    public const string Name = "BaseBackup";

    private static readonly TimeSpan FirstProgressPause = TimeSpan.FromSeconds(2);

    // Every look at the progress stays in the history for as long as the backup runs.
    private static readonly TimeSpan LongestProgressPause = TimeSpan.FromMinutes(1);

    [Function(Name)]
    public static async Task<BaseBackupOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        Report(context, new BaseBackupStatus(BaseBackupActivities.CheckServer));
        var server = await context.CallActivityAsync<CheckedServer>(
            BaseBackupActivities.CheckServer, options: Retries.Brief);
        var id = server.BackupId;
        var taken = await TakeAsync(context, id);

        await FinishAsync(context, new BackupStep(server.LocalRepository, id));

        // Before the copies: WAL that goes now need not be sent.
        var repositories = new List<RepositoryOutcome> { await PruneAsync(context, server.LocalRepository) };
        foreach (var name in server.OtherRepositories)
            repositories.Add(await CopyAsync(context, new BackupStep(name, id)));

        var outcome = new BaseBackupOutcome(taken, repositories);
        await context.CallActivityAsync(BaseBackupReports.RecordOutcome, outcome, Retries.Brief);
        return outcome;
    }

    private static async Task<TakenBackup> TakeAsync(TaskOrchestrationContext context, string id)
    {
        Report(context, new BaseBackupStatus(BaseBackupActivities.TakeBaseBackup));
        var taking = context.CallActivityAsync<TakenBackup>(BaseBackupActivities.TakeBaseBackup, id, Retries.Patient);
        for (var pause = FirstProgressPause; ; pause = Longer(pause))
        {
            using var stopTimer = new CancellationTokenSource();
            var timer = context.CreateTimer(pause, stopTimer.Token);
            if (await Task.WhenAny(taking, timer) == taking)
            {
                // Not CancelAsync: an orchestration may await nothing but its own durable tasks.
                stopTimer.Cancel();
                return await taking;
            }

            Report(context, await ReadProgressAsync(context));
        }
    }

    private static async Task<BaseBackupStatus> ReadProgressAsync(TaskOrchestrationContext context)
    {
        try
        {
            return await context.CallActivityAsync<BaseBackupStatus>(BaseBackupReports.ReadBackupProgress);
        }
        catch (TaskFailedException)
        {
            // A figure nobody could give must not fail the backup; if the server is gone, taking the backup says so.
            return new BaseBackupStatus(BaseBackupActivities.TakeBaseBackup);
        }
    }

    /// <summary>What turns copied bytes into a base backup one can rely on.</summary>
    private static async Task FinishAsync(TaskOrchestrationContext context, BackupStep step)
    {
        Report(context, new BaseBackupStatus(BaseBackupActivities.AwaitWal, step.Repository));

        // Not retried: it waits itself, to a deadline that says what is awaited.
        await context.CallActivityAsync(BaseBackupActivities.AwaitWal, step);
        Report(context, new BaseBackupStatus(BaseBackupActivities.VerifyBackup, step.Repository));
        await context.CallActivityAsync(BaseBackupActivities.VerifyBackup, step, Retries.Brief);
    }

    /// <summary>Whoever reads a repository now keeps it from being pruned, but not from having the backup.</summary>
    private static async Task<RepositoryOutcome> PruneAsync(TaskOrchestrationContext context, string repository)
    {
        try
        {
            Report(context, new BaseBackupStatus(BaseBackupActivities.Prune, repository));
            await context.CallActivityAsync(BaseBackupActivities.Prune, repository, Retries.Brief);
            return new RepositoryOutcome(repository, null);
        }
        catch (TaskFailedException e)
        {
            return new RepositoryOutcome(repository, null, e.FailureDetails.ErrorMessage);
        }
    }

    private static async Task<RepositoryOutcome> CopyAsync(TaskOrchestrationContext context, BackupStep step)
    {
        try
        {
            Report(context, new BaseBackupStatus(BaseBackupActivities.ReplicateBackup, step.Repository));
            await context.CallActivityAsync(BaseBackupActivities.ReplicateBackup, step.Repository, Retries.Brief);
            await FinishAsync(context, step);
            return await PruneAsync(context, step.Repository);
        }
        catch (TaskFailedException e)
        {
            return new RepositoryOutcome(step.Repository, e.FailureDetails.ErrorMessage);
        }
    }

    private static void Report(TaskOrchestrationContext context, BaseBackupStatus status) =>
        context.SetCustomStatus(status);

    private static TimeSpan Longer(TimeSpan pause) =>
        pause * 1.5 < LongestProgressPause ? pause * 1.5 : LongestProgressPause;
}
