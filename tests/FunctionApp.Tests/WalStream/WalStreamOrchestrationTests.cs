using Highwater.Engine.Errors;
using Highwater.Engine.WalArchiving;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.FunctionApp.WalStream;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.Tests.WalStream;

public sealed class WalStreamOrchestrationTests
{
    private const string Step = WalStreamActivities.StreamWal;
    private const string Name = WalStreamOrchestration.Name;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sessions_follow_each_other_until_the_settings_ask_for_no_stream()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Stream = before => before with { Sessions = before.Sessions + 1, IsOver = before.Sessions == 4 };

        await host.TryStartAsync(Name);
        var end = await host.EndOfAsync(Name);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(5, end.ReadOutputAs<WalStreamStatus>()!.Sessions);
        Assert.Equal(5, host.Script.CountOf(Step));
    }

    [Fact]
    public async Task A_session_that_fails_is_in_the_status_and_another_one_follows_after_a_pause()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Stream = before => before with { Sessions = before.Sessions + 1, Error = "HW201: away" };

        await host.TryStartAsync(Name);
        await Until.TrueAsync(async () => (await StatusAsync(host))?.Error is not null);
        Assert.Equal(1, host.Script.CountOf(Step));

        host.Script.Stream = before => before with { Sessions = before.Sessions + 1, Error = null, IsOver = true };
        host.Time.Advance(WalStreamOrchestration.Pause);
        var end = await host.EndOfAsync(Name);

        Assert.Null(end.ReadOutputAs<WalStreamStatus>()!.Error);
        Assert.Equal(2, host.Script.CountOf(Step));
    }

    [Fact]
    public async Task Not_even_a_step_that_throws_ends_the_stream()
    {
        await using var host = await ScriptedHost.StartNewAsync();
        host.Script.Fail(
            Step, new HighwaterException(ErrorCodes.StorageDenied, "The disk is read-only.", "remount it"));

        await host.TryStartAsync(Name);
        await Until.TrueAsync(async () => (await StatusAsync(host))?.Error is not null);
        Assert.Contains("HW306", (await StatusAsync(host))!.Error!, StringComparison.Ordinal);

        host.Script.On(Step, _ => Task.CompletedTask);
        host.Time.Advance(WalStreamOrchestration.Pause);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.EndOfAsync(Name)).RuntimeStatus);
    }

    [Theory]
    [InlineData(WalSource.Stream, true)]
    [InlineData(WalSource.Both, true)]
    [InlineData(WalSource.Archive, false)]
    public async Task The_timer_keeps_it_alive_where_the_settings_ask_for_it(WalSource source, bool isStarted)
    {
        await using var host = await ScriptedHost.StartNewAsync(timers: true);
        host.Script.WalSource = source;

        // Both timers have the same schedule.
        await Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return host.Script.CountOf("ArchiveSpooledWal") >= 3;
        });

        Assert.Equal(isStarted, host.Script.CountOf(Step) > 0);
    }

    private static async Task<WalStreamStatus?> StatusAsync(ScriptedHost host) =>
        (await host.Client.GetInstanceAsync(Name, true, Token))?.ReadCustomStatusAs<WalStreamStatus>();
}
