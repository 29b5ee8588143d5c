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

    [Fact]
    public async Task What_an_outage_has_left_goes_in_passes_and_the_spool_is_emptied_before_each()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Spool = pass => (pass, []);
        host.Script.Replicate = (step, pass) => step.Repository == "far"
            ? new ReplicatedWal("far", 10, 160, 30 - (10 * pass), 480 - (160 * pass), [])
            : new ReplicatedWal("near", 1, 16, 0, 0, []);

        var run = await host.RunAsync(WalSyncOrchestration.Name);

        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Equal((6, 96L), (outcome.Archived.Files, outcome.Archived.Bytes));
        Assert.Equal(new ReplicatedWal("near", 3, 48, 0, 0, []), outcome.Replicated[0] with { Faults = [] });
        Assert.Equal((30, 480L, 0), (
            outcome.Replicated[1].Files, outcome.Replicated[1].Bytes, outcome.Replicated[1].Remaining));
        Assert.Equal(
            ["ArchiveSpooledWal", "ReplicateWal far", "ReplicateWal near"],
            host.Script.Calls.Take(3).Order(StringComparer.Ordinal));
        Assert.Equal(3, host.Script.CountOf("ArchiveSpooledWal"));
        Assert.Equal(3, host.Script.CountOf("ReplicateWal far"));
        Assert.All(outcome.Repositories, repository => Assert.Null(repository.Error));
    }

    [Fact]
    public async Task A_repository_that_is_level_is_not_asked_again_while_another_one_catches_up_unless_there_is_more()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Spool = pass => (pass == 3 ? 1 : 0, []);
        host.Script.Replicate = (step, pass) => step.Repository == "far"
            ? new ReplicatedWal("far", 1, 16, 4 - pass, 0, [])
            : new ReplicatedWal("near", 0, 0, 0, 0, []);

        await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(4, host.Script.CountOf("ReplicateWal far"));
        Assert.Equal(2, host.Script.CountOf("ReplicateWal near"));
    }

    [Fact]
    public async Task A_repository_that_hangs_holds_up_neither_the_spool_nor_another_repository()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        var hanging = host.Script.Hold("ReplicateWal near");

        await host.TryStartAsync(WalSyncOrchestration.Name);
        await Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return host.Script.CountOf("ArchiveSpooledWal") >= 4 && host.Script.CountOf("ReplicateWal far") >= 4;
        });
        Assert.Equal(1, host.Script.CountOf("ReplicateWal near"));
        hanging.SetResult();
        var run = await host.EndOfAsync(WalSyncOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
        Assert.All(run.ReadOutputAs<WalSyncOutcome>()!.Repositories, repository => Assert.Null(repository.Error));
    }

    [Fact]
    public async Task A_pass_that_brings_nothing_and_the_last_pass_end_the_run_with_what_remains()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Replicate = (step, _) => step.Repository == "far"
            ? new ReplicatedWal("far", 1, 16, 1_000_000, 16_000_000, [])
            : new ReplicatedWal("near", 0, 0, 1, 16, ["HW404: damaged"]);

        var run = await host.RunAsync(WalSyncOrchestration.Name);

        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Equal(WalSyncOrchestration.MostPasses, host.Script.CountOf("ReplicateWal far"));
        Assert.Equal(1_000_000, outcome.Replicated[1].Remaining);
        Assert.Equal(WalSyncOrchestration.MostPasses, outcome.Replicated[1].Files);
        Assert.Equal([null, "HW404: damaged", null], outcome.Repositories.Select(repository => repository.Error));
    }

    [Fact]
    public async Task A_fault_that_stays_through_the_passes_is_told_once()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Spool = pass => (1, ["HW404: damaged", $"HW503: of pass {pass}"]);
        host.Script.Replicate = (step, pass) => new ReplicatedWal(step.Repository, 1, 16, 2 - pass, 0, []);

        var run = await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(
            ["HW404: damaged", "HW503: of pass 1", "HW503: of pass 2"],
            run.ReadOutputAs<WalSyncOutcome>()!.Archived.Faults);
    }
}
