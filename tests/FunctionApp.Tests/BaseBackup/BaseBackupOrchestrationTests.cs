using Highwater.Engine.Errors;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.Tests.Scripted;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests.BaseBackup;

public sealed class BaseBackupOrchestrationTests
{
    private static readonly HighwaterException Fault =
        new(ErrorCodes.StorageDenied, "The disk is read-only.", "remount it");

    [Fact]
    public async Task The_local_repository_is_complete_and_proven_before_another_is_touched()
    {
        await using var host = await ScriptedHost.StartNewAsync();

        var outcome = await OutcomeAsync(host);

        Assert.Equal(
            [
                "CheckServer", "TakeBaseBackup",
                "AwaitWal local", "VerifyBackup local", "Prune local",
                "ReplicateBackup remote", "AwaitWal remote", "VerifyBackup remote", "Prune remote",
                "RecordOutcome",
            ],
            host.Script.Calls.Where(call => call != BaseBackupReports.ReadBackupProgress));
        Assert.Equal([new("local", null), new RepositoryOutcome("remote", null)], outcome.Repositories);
    }

    [Theory]
    [InlineData("ReplicateBackup remote")]
    [InlineData("AwaitWal remote")]
    [InlineData("VerifyBackup remote")]
    public async Task What_fails_in_another_repository_is_recorded_and_does_not_fail_the_run(string call)
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(call, Fault);

        var outcome = await OutcomeAsync(host);

        Assert.Equal(["local", "remote"], outcome.Repositories.Select(repository => repository.Repository));
        Assert.Null(outcome.Repositories[0].Error);
        Assert.Equal(ErrorCodes.StorageDenied, ErrorCodes.Parse(outcome.Repositories[1].Error!)!.Code);
        Assert.Equal(1, host.Script.CountOf(BaseBackupReports.RecordOutcome));
    }

    [Fact]
    public async Task A_repository_that_cannot_be_pruned_keeps_its_backup_and_says_why()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail("Prune local", Fault);

        var outcome = await OutcomeAsync(host);

        Assert.All(outcome.Repositories, repository => Assert.Null(repository.Error));
        Assert.Equal(ErrorCodes.StorageDenied, ErrorCodes.Parse(outcome.Repositories[0].PruneError!)!.Code);
        Assert.Null(outcome.Repositories[1].PruneError);
    }

    [Fact]
    public async Task A_repository_without_the_new_backup_is_not_pruned()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail("ReplicateBackup remote", Fault);

        await OutcomeAsync(host);

        Assert.Equal(0, host.Script.CountOf("Prune remote"));
        Assert.Equal(1, host.Script.CountOf("Prune local"));
    }

    [Theory]
    [InlineData("CheckServer")]
    [InlineData("TakeBaseBackup")]
    [InlineData("AwaitWal local")]
    [InlineData("VerifyBackup local")]
    public async Task What_fails_in_the_local_repository_fails_the_run_with_its_code(string call)
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(call, Fault);

        var run = await host.RunAsync(BaseBackupOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Failed, run.RuntimeStatus);
        Assert.Equal(ErrorCodes.StorageDenied, ErrorCodes.Parse(run.FailureDetails!.ErrorMessage)!.Code);
        Assert.DoesNotContain(host.Script.Calls, made => made.EndsWith("remote", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_status_tells_the_bytes_while_the_server_sends()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        var sending = host.Script.Hold(BaseBackupActivities.TakeBaseBackup);
        await host.TryStartAsync(BaseBackupOrchestration.Name);

        BaseBackupStatus? status = null;
        await Until.TrueAsync(async () =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            var run = await host.Client.GetInstanceAsync(
                BaseBackupOrchestration.Name, true, TestContext.Current.CancellationToken);
            status = run!.ReadCustomStatusAs<BaseBackupStatus>();
            return status?.BytesDone is not null;
        });
        sending.SetResult();

        Assert.Equal(25, status!.Percent);
        Assert.Equal(
            OrchestrationRuntimeStatus.Completed, (await host.EndOfAsync(BaseBackupOrchestration.Name)).RuntimeStatus);
    }

    [Fact]
    public async Task A_backup_whose_progress_nobody_can_tell_is_taken_all_the_same()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(BaseBackupReports.ReadBackupProgress, Fault);
        var sending = host.Script.Hold(BaseBackupActivities.TakeBaseBackup);
        await host.TryStartAsync(BaseBackupOrchestration.Name);
        await Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return host.Script.CountOf(BaseBackupReports.ReadBackupProgress) > 1;
        });
        sending.SetResult();

        var run = await host.EndOfAsync(BaseBackupOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
    }

    [Theory]
    [InlineData("CheckServer")]
    [InlineData("TakeBaseBackup")]
    [InlineData("VerifyBackup local")]
    [InlineData("ReplicateBackup remote")]
    public async Task Stopped_in_a_step_the_next_host_goes_on_with_that_step_and_the_same_backup(string call)
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Hold(call);
        await host.TryStartAsync(BaseBackupOrchestration.Name);
        await Until.TrueAsync(() => host.Script.CountOf(call) == 1);

        host.Time.Advance(TimeSpan.FromHours(1));
        host.Script.On(call, _ => Task.CompletedTask);
        await host.RestartAsync();
        var run = await host.EndOfAsync(BaseBackupOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
        Assert.Single(host.Script.BackupIds.Distinct());
        Assert.Equal(2, host.Script.CountOf(call));
        Assert.All(
            host.Script.Calls.Where(made => made != call && made != BaseBackupReports.ReadBackupProgress),
            made => Assert.Equal(1, host.Script.CountOf(made)));
    }

    private static async Task<BaseBackupOutcome> OutcomeAsync(ScriptedHost host)
    {
        var run = await host.RunAsync(BaseBackupOrchestration.Name);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
        return run.ReadOutputAs<BaseBackupOutcome>()!;
    }
}
