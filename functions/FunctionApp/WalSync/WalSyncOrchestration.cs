using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.FunctionApp.WalSync;

/// <summary>Empties the spool into the local repository and brings the other repositories level with it.</summary>
public static class WalSyncOrchestration
{
    /// <summary>The name of the orchestration, and the id of its one live instance.</summary>
    public const string Name = "WalSync";

    [Function(Name)]
    public static async Task<WalSyncOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var archived = await context.CallActivityAsync<ArchivedWal>(
            WalSyncActivities.ArchiveSpooledWal, options: Retries.Brief);
        var repositories = new List<RepositoryOutcome> { new(archived.LocalRepository, null) };
        foreach (var name in archived.OtherRepositories)
            repositories.Add(await ReplicateAsync(context, name));
        return new WalSyncOutcome(archived, repositories);
    }

    private static async Task<RepositoryOutcome> ReplicateAsync(TaskOrchestrationContext context, string repository)
    {
        try
        {
            // Not retried: the next tick comes within the interval and finds the same work.
            var replicated = await context.CallActivityAsync<ReplicatedWal>(WalSyncActivities.ReplicateWal, repository);
            return new RepositoryOutcome(repository, replicated.Faults.Count == 0 ? null : replicated.Faults[0]);
        }
        catch (TaskFailedException e)
        {
            return new RepositoryOutcome(repository, e.FailureDetails.ErrorMessage);
        }
    }
}
