using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.Tests.Scripted;

namespace Highwater.FunctionApp.Tests;

public sealed class SingletonOrchestrationTests
{
    [Fact]
    public async Task Of_many_callers_that_race_one_starts_the_run_and_the_others_are_told_that_it_runs()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Hold(BaseBackupActivities.CheckServer);

        var started = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => host.TryStartAsync(BaseBackupOrchestration.Name))));

        Assert.Single(started, won => won);
        await Until.TrueAsync(() => host.Script.CountOf(BaseBackupActivities.CheckServer) > 0);
        Assert.Equal(1, host.Script.CountOf(BaseBackupActivities.CheckServer));
    }

    [Fact]
    public async Task After_its_end_the_next_run_starts_under_the_same_id()
    {
        await using var host = await ScriptedHost.StartNewAsync();

        await host.RunAsync(BaseBackupOrchestration.Name);
        await host.RunAsync(BaseBackupOrchestration.Name);

        Assert.Equal(2, host.Script.CountOf(BaseBackupReports.RecordOutcome));
    }

    [Fact]
    public async Task A_run_that_failed_does_not_keep_the_next_from_starting()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(BaseBackupActivities.CheckServer, new InvalidOperationException("unforeseen"));
        await host.RunAsync(BaseBackupOrchestration.Name);
        host.Script.On(BaseBackupActivities.CheckServer, _ => Task.CompletedTask);

        await host.RunAsync(BaseBackupOrchestration.Name);

        Assert.Equal(1, host.Script.CountOf(BaseBackupReports.RecordOutcome));
    }
}
