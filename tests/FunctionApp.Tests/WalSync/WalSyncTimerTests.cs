using Highwater.FunctionApp.Tests.Scripted;

namespace Highwater.FunctionApp.Tests.WalSync;

public sealed class WalSyncTimerTests
{
    /// <summary>The warning of a tick that found a sync at work.</summary>
    private const int StillRunning = 1201;

    [Fact]
    public async Task A_tick_during_a_running_sync_is_skipped_and_one_after_it_starts_the_next()
    {
        await using var host = await ScriptedHost.StartNewAsync(timers: true, ("WAL_SYNC_INTERVAL", "30"));
        var archiving = host.Script.Hold("ArchiveSpooledWal");

        await AdvanceUntilAsync(host, () => host.Log.CountOf(StillRunning) >= 2);
        Assert.Equal(1, host.Script.CountOf("ArchiveSpooledWal"));

        archiving.SetResult();
        await AdvanceUntilAsync(host, () => host.Script.CountOf("ArchiveSpooledWal") == 2);
    }

    [Fact]
    public async Task A_sync_starts_every_60_seconds_unless_set_otherwise()
    {
        await using var host = await ScriptedHost.StartNewAsync(timers: true);
        var started = host.Time.GetUtcNow();

        await AdvanceUntilAsync(host, () => host.Script.CountOf("ArchiveSpooledWal") >= 1);

        // The clock goes on while the host is at work, so that only the lower bound is exact.
        Assert.True(host.Time.GetUtcNow() - started >= TimeSpan.FromSeconds(60));
    }

    private static Task AdvanceUntilAsync(ScriptedHost host, Func<bool> reached) => Until.TrueAsync(() =>
    {
        host.Time.Advance(TimeSpan.FromSeconds(1));
        return reached();
    });
}
