using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Timers;

public class TimerFunctionTests
{
    private static readonly DateTime Noon = new(2026, 3, 10, 12, 0, 0);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(Noon, TimeSpan.Zero));
    // Due: what the status before the run said; the fake clock may be a step further when the code runs.
    private readonly List<(DateTime? Due, TimerInfo Info)> _ticks = [];

    [Fact]
    public async Task A_cron_schedule_from_a_setting_runs_at_its_occurrences()
    {
        await using var host = await StartAsync("0 */2 * * *");

        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 2, TimeSpan.FromMinutes(1));

        Assert.Equal<DateTime?>([Noon.AddHours(2), Noon.AddHours(4)], _ticks.Select(tick => tick.Due));
        Assert.All(_ticks, tick => Assert.False(tick.Info.IsPastDue));
        Assert.Equal(default, _ticks[0].Info.ScheduleStatus!.Last);
        Assert.Equal(Noon.AddHours(2), _ticks[1].Info.ScheduleStatus!.Last);
        Assert.Equal(Noon.AddHours(4), _ticks[1].Info.ScheduleStatus!.Next);
    }

    [Fact]
    public async Task Missed_occurrences_are_made_good_by_one_run_that_is_past_due()
    {
        await using var host = await StartAsync("0 * * * *");
        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 1, TimeSpan.FromMinutes(1));
        await host.StopAsync();

        _time.Advance(TimeSpan.FromHours(5.5));
        await host.StartAsync();
        await TestHost.UntilAsync(() => _ticks.Count == 2);
        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 3, TimeSpan.FromMinutes(1));

        Assert.Equal([false, true, false], _ticks.Select(tick => tick.Info.IsPastDue));
        Assert.Equal(Noon.AddHours(2), _ticks[1].Info.ScheduleStatus!.Next);
        Assert.Equal(Noon.AddHours(7), _ticks[2].Due);
    }

    [Fact]
    public async Task A_restart_without_a_missed_occurrence_runs_nothing()
    {
        await using var host = await StartAsync("0 * * * *");
        await host.StopAsync();
        _time.Advance(TimeSpan.FromMinutes(10));
        await host.StartAsync();

        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 1, TimeSpan.FromMinutes(1));

        Assert.Equal(Noon.AddHours(1), _ticks[0].Due);
        Assert.False(_ticks[0].Info.IsPastDue);
    }

    [Fact]
    public async Task A_schedule_of_seconds_is_not_monitored()
    {
        await using var host = await StartAsync("00:00:10");

        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 1, TimeSpan.FromSeconds(1));

        Assert.InRange(_time.GetUtcNow().DateTime, Noon.AddSeconds(10), Noon.AddSeconds(59));
        Assert.Null(_ticks[0].Info.ScheduleStatus);
    }

    [Fact]
    public async Task Occurrences_that_fall_into_a_run_are_left_out()
    {
        using var hold = new SemaphoreSlim(0);
        await using var host = await StartAsync("0 * * * *", async _ => await hold.WaitAsync());
        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 1, TimeSpan.FromMinutes(1));

        _time.Advance(TimeSpan.FromHours(3.5));
        hold.Release(2);
        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 2, TimeSpan.FromMinutes(1));

        Assert.Equal<DateTime?>([Noon.AddHours(1), Noon.AddHours(5)], _ticks.Select(tick => tick.Due));
    }

    [Fact]
    public async Task A_failing_timer_function_runs_again_at_its_next_occurrence()
    {
        await using var host = await StartAsync("0 * * * *", _ => throw new IOException("away"));

        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 2, TimeSpan.FromMinutes(1));

        Assert.Equal<DateTime?>([Noon.AddHours(1), Noon.AddHours(2)], _ticks.Select(tick => tick.Due));
    }

    [Fact]
    public async Task RunOnStartup_runs_at_the_start_and_then_by_the_schedule()
    {
        await using var host = await StartAsync("0 * * * *", setting: "TICK_AT_START");

        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 2, TimeSpan.FromMinutes(1));

        Assert.Equal(Noon.AddHours(1), _ticks[1].Due);
        Assert.Equal(Noon.AddHours(1), _ticks[0].Due);
    }

    [Fact]
    public async Task A_disabled_timer_function_and_one_in_error_leave_the_others_alone()
    {
        await using var host = await StartAsync("no schedule", prepare: host =>
        {
            host.Settings["TICK_AT_START"] = "0 * * * *";
            host.Settings["AzureWebJobs.Other.Disabled"] = "true";
        });

        await TestHost.AdvanceUntilAsync(_time, () => _ticks.Count == 2, TimeSpan.FromMinutes(1));

        Assert.Equal(Noon.AddHours(1), _ticks[1].Due);
    }

    private Task<TestHost> StartAsync(
        string schedule,
        Func<TimerInfo, Task>? code = null,
        string setting = "TICK",
        Action<TestHost>? prepare = null) =>
        TestHost.StartNewAsync(host =>
        {
            host.Options = host.Options with { TimeProvider = _time, Timers = true };
            host.Settings[setting] = schedule;
            host.Script.Tick = info =>
            {
                _ticks.Add((info.ScheduleStatus?.Next, info));
                return code?.Invoke(info) ?? Task.CompletedTask;
            };
            prepare?.Invoke(host);
        });
}
