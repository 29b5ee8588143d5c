using Highwater.Engine.Errors;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.FunctionApp.WalSync;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests;

public sealed class RetriesTests
{
    private static readonly TransientException Passing =
        new(ErrorCodes.StorageUnreachable, "The host is away.", "wait");

    private static readonly HighwaterException Lasting =
        new(ErrorCodes.StorageDenied, "The disk is read-only.", "remount it");

    [Theory]
    [InlineData(BaseBackupOrchestration.Name, "CheckServer", 4)]
    [InlineData(BaseBackupOrchestration.Name, "TakeBaseBackup", 5)]
    [InlineData(BaseBackupOrchestration.Name, "VerifyBackup local", 4)]
    [InlineData(BaseBackupOrchestration.Name, "ReplicateBackup remote", 4)]
    [InlineData(WalSyncOrchestration.Name, "ArchiveSpooledWal", 4)]
    public async Task What_may_pass_by_itself_is_tried_so_often(string orchestration, string call, int attempts)
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(call, Passing);

        await host.RunAsync(orchestration);

        Assert.Equal(attempts, host.Script.CountOf(call));
    }

    [Theory]
    [InlineData(BaseBackupOrchestration.Name, "CheckServer")]
    [InlineData(BaseBackupOrchestration.Name, "TakeBaseBackup")]
    [InlineData(BaseBackupOrchestration.Name, "ReplicateBackup remote")]
    [InlineData(WalSyncOrchestration.Name, "ArchiveSpooledWal")]
    public async Task What_needs_a_person_is_tried_once(string orchestration, string call)
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(call, Lasting);

        await host.RunAsync(orchestration);

        Assert.Equal(1, host.Script.CountOf(call));
    }

    [Theory]
    [InlineData(BaseBackupOrchestration.Name, "AwaitWal local")]
    [InlineData(WalSyncOrchestration.Name, "ReplicateWal far")]
    public async Task What_waits_itself_or_comes_again_soon_is_tried_once(string orchestration, string call)
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(call, Passing);

        await host.RunAsync(orchestration);

        Assert.Equal(1, host.Script.CountOf(call));
    }

    [Fact]
    public async Task A_step_that_succeeds_at_the_third_attempt_leaves_no_trace_in_the_outcome()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        var failures = 2;
        host.Script.On(
            "ReplicateBackup remote",
            _ => Interlocked.Decrement(ref failures) >= 0 ? Task.FromException(Passing) : Task.CompletedTask);

        var run = await host.RunAsync(BaseBackupOrchestration.Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, run.RuntimeStatus);
        Assert.All(run.ReadOutputAs<BaseBackupOutcome>()!.Repositories, repository => Assert.Null(repository.Error));
        Assert.Equal(3, host.Script.CountOf("ReplicateBackup remote"));
    }
}
