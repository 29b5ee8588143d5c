using Highwater.Engine.Errors;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.FunctionApp.WalSync;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests.WalSync;

/// <summary>Lost WAL, over the real decision and the real singleton base backup.</summary>
public sealed class WalGapTests
{
    /// <summary>The warning that names the gap.</summary>
    private const int Started = 1202;

    private const string Taking = BaseBackupActivities.TakeBaseBackup;

    [Fact]
    public async Task A_gap_starts_a_base_backup_at_once_and_the_sync_does_not_wait_for_it()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        var taking = host.Script.Hold(Taking);
        host.Script.Gap = GapOf(host);

        var sync = await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, sync.RuntimeStatus);
        var outcome = sync.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Equal(("000000010000000000000004", true), (outcome.Gap!.Missing, outcome.BaseBackupBegun));
        Assert.Equal(1, host.Log.CountOf(Started));

        // While it runs another sync leaves it alone.
        var second = await host.RunAsync(WalSyncOrchestration.Name);
        Assert.Equal(1, host.Log.CountOf(Started));
        Assert.False(second.ReadOutputAs<WalSyncOutcome>()!.BaseBackupBegun);
        taking.SetResult();
        Assert.Equal(
            OrchestrationRuntimeStatus.Completed, (await host.EndOfAsync(BaseBackupOrchestration.Name)).RuntimeStatus);
    }

    [Fact]
    public async Task A_base_backup_that_did_not_end_the_gap_is_tried_again_after_an_hour_and_not_before()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(Taking, new HighwaterException(ErrorCodes.StorageFull, "No room.", "make some"));
        host.Script.Gap = GapOf(host);
        await host.RunAsync(WalSyncOrchestration.Name);
        await host.EndOfAsync(BaseBackupOrchestration.Name);

        await host.RunAsync(WalSyncOrchestration.Name);
        Assert.Equal(1, host.Log.CountOf(Started));

        host.Time.Advance(WalGapActivities.Pause);
        await host.RunAsync(WalSyncOrchestration.Name);
        Assert.Equal(2, host.Log.CountOf(Started));
    }

    [Fact]
    public async Task A_base_backup_from_before_the_gap_does_not_count_as_a_try()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        await host.RunAsync(BaseBackupOrchestration.Name);
        host.Time.Advance(TimeSpan.FromMinutes(1));
        host.Script.Gap = GapOf(host);

        await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(1, host.Log.CountOf(Started));
    }

    [Fact]
    public async Task A_storage_whose_clock_is_ahead_makes_no_base_backup_follow_another_at_once()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Gap = GapOf(host) with { Since = host.Time.GetUtcNow().AddHours(5) };
        await host.RunAsync(WalSyncOrchestration.Name);
        await host.EndOfAsync(BaseBackupOrchestration.Name);

        await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(1, host.Log.CountOf(Started));
    }

    [Fact]
    public async Task Without_a_gap_nothing_is_started()
    {
        await using var host = await ScriptedHost.StartNewAsync();

        await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(1, host.Script.CountOf(WalGapActivities.FindWalGap));
        Assert.Equal(0, host.Script.CountOf(WalGapActivities.StartBaseBackup));
    }

    [Fact]
    public async Task A_base_backup_that_cannot_be_begun_is_not_said_to_have_begun()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Gap = GapOf(host);
        host.Script.Fail(
            WalGapActivities.StartBaseBackup, new HighwaterException(ErrorCodes.StorageFull, "No room.", "make some"));

        var outcome = (await host.RunAsync(WalSyncOrchestration.Name)).ReadOutputAs<WalSyncOutcome>()!;

        Assert.NotNull(outcome.Gap);
        Assert.Null(outcome.BaseBackupBegun);
        Assert.Equal(ErrorCodes.StorageFull, ErrorCodes.Parse(outcome.Repositories[0].Error!)!.Code);
    }

    [Fact]
    public async Task A_search_that_fails_is_told_of_and_the_WAL_has_come_all_the_same()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(
            WalGapActivities.FindWalGap, new HighwaterException(ErrorCodes.RepositoryDamaged, "Damage.", "repair it"));

        var run = await host.RunAsync(WalSyncOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
        var outcome = run.ReadOutputAs<WalSyncOutcome>()!;
        Assert.Equal(
            ErrorCodes.RepositoryDamaged, ErrorCodes.Parse(outcome.Repositories[0].Error!)!.Code);
        Assert.Equal(2, outcome.Archived.Files);
    }

    private static FoundWalGap GapOf(ScriptedHost host) =>
        new("000000010000000000000004", host.Time.GetUtcNow(), ["20261122T020000Z"]);
}
