using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.FunctionApp.WalSync;

/// <summary>
/// Empties the spool into the local repository and brings the other repositories level with it, all at once. What one
/// pass cannot bring goes in the next, so that after an outage the spool is emptied as often as ever; a repository that
/// is slow holds up neither another one nor the spool. At the end it looks whether WAL was lost.
/// </summary>
public static class WalSyncOrchestration
{
    /// <summary>The name of the orchestration, and the id of its one live instance.</summary>
    public const string Name = "WalSync";

    /// <summary>After so many no more work is begun, so that the history stays small; the next tick goes on.</summary>
    public const int MostPasses = 20;

    [Function(Name)]
    public static async Task<WalSyncOutcome> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var archived = await ArchiveAsync(context);
        List<Replication> others = [.. archived.OtherRepositories.Select(name => new Replication(name))];
        for (var pass = 1; ; pass++)
        {
            // One that is level is asked again only when there is more for it.
            foreach (var other in others.Where(other => pass <= MostPasses && !other.IsRunning && other.HasMore))
                other.Begin(context, archived.NextPassIn / 2);
            await AwaitPassAsync(context, others, archived.NextPassIn);
            if (!others.Exists(other => other.IsRunning || (other.HasMore && pass < MostPasses)))
                break;
            context.SetCustomStatus(
                new WalSyncStatus(pass + 1, archived.Files, [.. others.Select(other => other.Sum)]));
            var more = await ArchiveAsync(context);
            if (more.Files > 0)
                others.ForEach(other => other.Expect());
            archived = archived.Plus(more);
        }

        var (gap, begun, error) = await HealAsync(context);
        return new WalSyncOutcome(
            archived,
            [new(archived.LocalRepository, error), .. others.Select(other => other.ToOutcome())],
            [.. others.Select(other => other.Sum)],
            gap,
            begun);
    }

    private static Task<ArchivedWal> ArchiveAsync(TaskOrchestrationContext context) =>
        context.CallActivityAsync<ArchivedWal>(WalSyncActivities.ArchiveSpooledWal, options: Retries.Brief);

    /// <summary>Until every repository is done with its pass, or the spool has waited long enough.</summary>
    private static async Task AwaitPassAsync(
        TaskOrchestrationContext context, List<Replication> others, TimeSpan longest)
    {
        if (!others.Exists(other => other.IsRunning))
            return;
        using var stopTimer = new CancellationTokenSource();
        var timer = context.CreateTimer(longest, stopTimer.Token);
        while (others.Exists(other => other.IsRunning))
        {
            var first = await Task.WhenAny([timer, .. others.Where(o => o.IsRunning).Select(o => o.Running)]);
            foreach (var other in others)
                await other.CollectAsync();
            if (first == timer)
                return;
        }

        // Not CancelAsync: an orchestration may await nothing but its own durable tasks.
        stopTimer.Cancel();
    }

    /// <summary>Where WAL is lost, only a new base backup makes what is written from now on restorable.</summary>
    private static async Task<(FoundWalGap? Gap, bool? Begun, string? Error)> HealAsync(
        TaskOrchestrationContext context)
    {
        FoundWalGap? gap = null;
        try
        {
            gap = await context.CallActivityAsync<FoundWalGap?>(WalGapActivities.FindWalGap);
            bool? begun = gap is null
                ? null
                : await context.CallActivityAsync<bool>(WalGapActivities.StartBaseBackup, gap);
            return (gap, begun, null);
        }
        catch (TaskFailedException e)
        {
            return (gap, null, e.FailureDetails.ErrorMessage);
        }
    }
}
