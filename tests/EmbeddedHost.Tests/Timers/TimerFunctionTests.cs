using Microsoft.Data.Sqlite;

namespace Highwater.EmbeddedHost.Tests.Timers;

public class TimerFunctionTests
{
    private static DateTime Noon => TimedHost.Noon;

    [Fact]
    public async Task A_cron_schedule_from_a_setting_runs_at_its_occurrences()
    {
        await using var timed = await TimedHost.StartNewAsync("0 */2 * * *");

        await timed.NextRunAsync();
        await timed.NextRunAsync();

        Assert.Equal([Noon.AddHours(2), Noon.AddHours(4)], timed.Due);
        Assert.All(timed.Runs, run => Assert.False(run.IsPastDue));
        Assert.Equal(default, timed.Runs[0].ScheduleStatus!.Last);
        Assert.Equal(Noon.AddHours(2), timed.Runs[1].ScheduleStatus!.Last);
    }

    [Fact]
    public async Task Missed_occurrences_are_made_good_by_one_run_that_is_past_due()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        await timed.NextRunAsync();
        await timed.UntilSettledAsync();

        await timed.RestartAsync(TimeSpan.FromHours(5.5));
        await timed.UntilRunsAsync(2);
        await timed.NextRunAsync();

        Assert.Equal([false, true, false], timed.Runs.Select(run => run.IsPastDue));
        Assert.Equal([Noon.AddHours(1), Noon.AddHours(2), Noon.AddHours(7)], timed.Due);
        Assert.Equal(Noon.AddHours(1), timed.Runs[1].ScheduleStatus!.Last);
        Assert.Equal(Noon.AddHours(6.5), timed.Runs[2].ScheduleStatus!.Last);
        Assert.Single(
            timed.Log.Of("Timer function Tick was due at 2026-03-10T14:00:00Z while nothing ran: it runs now"));
    }

    [Fact]
    public async Task A_run_made_good_is_not_made_good_again()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        await timed.RestartAsync(TimeSpan.FromHours(1.5));
        await timed.UntilRunsAsync(1);
        await timed.UntilSettledAsync();

        await timed.RestartAsync(TimeSpan.Zero);
        await timed.NextRunAsync();

        Assert.Equal([true, false], timed.Runs.Select(run => run.IsPastDue));
        Assert.Equal([Noon.AddHours(1), Noon.AddHours(2)], timed.Due);
    }

    [Fact]
    public async Task A_restart_without_a_missed_occurrence_runs_nothing()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");

        await timed.RestartAsync(TimeSpan.FromMinutes(10));
        await timed.NextRunAsync();

        Assert.Equal([Noon.AddHours(1)], timed.Due);
        Assert.False(timed.Runs[0].IsPastDue);
    }

    [Fact]
    public async Task A_schedule_changed_while_nothing_ran_has_missed_nothing()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        await timed.NextRunAsync();
        await timed.UntilSettledAsync();

        timed.Host.Settings["TICK"] = "30 * * * *";
        await timed.RestartAsync(TimeSpan.FromHours(5));
        await timed.NextRunAsync();
        await timed.UntilSettledAsync();
        await timed.RestartAsync(TimeSpan.Zero);
        await timed.NextRunAsync();

        Assert.All(timed.Runs, run => Assert.False(run.IsPastDue));
        Assert.Equal([Noon.AddHours(1), Noon.AddHours(6.5), Noon.AddHours(7.5)], timed.Due);
        Assert.Equal(Noon.AddHours(1), timed.Runs[1].ScheduleStatus!.Last);
    }

    [Fact]
    public async Task A_time_span_goes_on_over_a_restart()
    {
        await using var timed = await TimedHost.StartNewAsync("02:00:00");

        await timed.RestartAsync(TimeSpan.FromHours(1.5));
        await timed.NextRunAsync();

        Assert.Equal([Noon.AddHours(2)], timed.Due);
        Assert.False(timed.Runs[0].IsPastDue);
    }

    [Theory]
    [InlineData("TICK_UNMONITORED", "0 * * * *")]
    [InlineData("TICK", "0,30 * * * * *")]
    [InlineData("TICK", "00:00:59")]
    public async Task What_is_not_monitored_has_no_status_and_misses_nothing(string setting, string schedule)
    {
        await using var timed = await TimedHost.StartNewAsync(schedule, setting);

        await timed.RestartAsync(TimeSpan.FromHours(5.5));
        await timed.AdvanceToRunsAsync(1);

        Assert.Null(timed.Runs[0].ScheduleStatus);
        Assert.False(timed.Runs[0].IsPastDue);
    }

    [Fact]
    public async Task A_schedule_of_once_a_minute_is_monitored()
    {
        await using var timed = await TimedHost.StartNewAsync("00:01:00");

        await timed.NextRunAsync();

        Assert.Equal([Noon.AddMinutes(1)], timed.Due);
    }

    [Fact]
    public async Task Occurrences_that_fall_into_a_run_are_left_out()
    {
        using var hold = new SemaphoreSlim(0);
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        timed.Code = () => hold.WaitAsync();
        await timed.NextRunAsync();

        timed.Time.Advance(TimeSpan.FromHours(3.5));
        hold.Release(2);
        await timed.NextRunAsync();

        Assert.Equal([Noon.AddHours(1), Noon.AddHours(5)], timed.Due);
    }

    [Fact]
    public async Task A_failing_timer_function_is_logged_and_runs_again_at_its_next_occurrence()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        timed.Code = () => throw new IOException("away");

        await timed.NextRunAsync();
        await timed.NextRunAsync();

        Assert.Equal([Noon.AddHours(1), Noon.AddHours(2)], timed.Due);
        await timed.UntilLoggedAsync("Timer function Tick failed", times: 2);
    }

    [Fact]
    public async Task A_status_that_cannot_be_stored_does_not_stop_the_timer()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        await ExecuteAsync(timed.Host, "ALTER TABLE schedules RENAME TO elsewhere");

        await timed.AdvanceToRunsAsync(1);
        await timed.UntilLoggedAsync("It could not be remembered when timer function Tick ran");
        await timed.AdvanceToRunsAsync(2);

        Assert.Equal(Noon.AddHours(1), timed.Due.First());
    }

    [Fact]
    public async Task RunOnStartup_runs_at_the_start_and_then_by_the_schedule()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *", "TICK_AT_START");

        await timed.UntilRunsAsync(1);
        await timed.NextRunAsync("TickAtStart");

        Assert.Equal([Noon.AddHours(1), Noon.AddHours(1)], timed.Due);
        Assert.Equal([default, Noon], timed.Runs.Select(run => run.ScheduleStatus!.Last));
    }

    [Fact]
    public async Task After_a_missed_run_RunOnStartup_adds_none()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *", "TICK_AT_START");
        await timed.UntilRunsAsync(1);
        await timed.UntilSettledAsync("TickAtStart");

        await timed.RestartAsync(TimeSpan.FromHours(1.5));
        await timed.UntilRunsAsync(2);
        await timed.NextRunAsync("TickAtStart");

        Assert.Equal([false, true, false], timed.Runs.Select(run => run.IsPastDue));
        Assert.Equal(Noon.AddHours(2), timed.Due.Last());
    }

    [Theory]
    [InlineData("no schedule", "The schedule expression 'no schedule' was not recognized as a valid cron expression "
        + "or timespan string.")]
    [InlineData("", "'%TICK%' does not resolve to a value.")]
    public async Task A_timer_function_in_error_is_named_and_leaves_the_others_alone(string schedule, string reason)
    {
        await using var timed = await TimedHost.StartNewAsync(
            schedule, prepare: (_, host) => host.Settings["TICK_UNMONITORED"] = "0 * * * *");

        await timed.AdvanceToRunsAsync(2);

        Assert.Single(timed.Log.Of($"The 'Tick' function is in error: {reason}"));
    }

    [Theory]
    [InlineData("AzureWebJobs.Tick.Disabled", "true")]
    [InlineData("AzureWebJobs_Tick_Disabled", "1")]
    public async Task A_setting_disables_one_timer_function(string setting, string value)
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *", prepare: (_, host) =>
        {
            host.Settings["TICK_UNMONITORED"] = "30 * * * *";
            host.Settings[setting] = value;
        });

        await timed.AdvanceToRunsAsync(2);

        // Those of the other function have no status.
        Assert.All(timed.Runs, run => Assert.Null(run.ScheduleStatus));
        Assert.Single(timed.Log.Of($"The 'Tick' function is disabled by the setting {setting}"));
    }

    private static async Task ExecuteAsync(TestHost host, string sql)
    {
        await using var other = new SqliteConnection($"Data Source={host.StateDirectory}/state.db;Pooling=False");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = other.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
