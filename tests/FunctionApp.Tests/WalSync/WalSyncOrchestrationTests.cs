using Highwater.Engine.Errors;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.FunctionApp.WalSync;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests.WalSync;

public sealed class WalSyncOrchestrationTests
{
    [Fact]
    public async Task A_repository_that_is_away_is_recorded_and_the_next_one_is_served()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(
            "ReplicateWal near", new TransientException(ErrorCodes.StorageUnreachable, "near is away.", "wait"));

        var run = await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Equal(["local", "near", "far"], outcome.Repositories.Select(repository => repository.Repository));
        Assert.Equal([true, false, true], outcome.Repositories.Select(repository => repository.Error is null));
        Assert.Equal(ErrorCodes.StorageUnreachable, ErrorCodes.Parse(outcome.Repositories[1].Error!)!.Code);
        Assert.Equal(1, host.Script.CountOf("ReplicateWal far"));
    }

    [Fact]
    public async Task A_spool_that_cannot_be_emptied_fails_the_run_and_nothing_is_replicated()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(
            "ArchiveSpooledWal", new HighwaterException(ErrorCodes.SpoolUnusable, "No spool.", "make one"));

        var run = await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, run.RuntimeStatus);
        Assert.Equal(ErrorCodes.SpoolUnusable, ErrorCodes.Parse(run.FailureDetails!.ErrorMessage)!.Code);
        Assert.Equal(["ArchiveSpooledWal"], host.Script.Calls);
    }
}
