namespace Highwater.EmbeddedHost.Tests.Timers;

/// <summary>A timer function under a clock that is set, and in a zone whose clocks are.</summary>
public class WallClockTests
{
    private static readonly DateTimeOffset Noon = new(TimedHost.Noon, TimeSpan.Zero);
    private static readonly DateTimeOffset YearsAgo = Noon.AddYears(-3);

    [Fact]
    public async Task A_clock_set_forward_over_many_occurrences_brings_one_run()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");

        timed.Time.AdjustTime(Noon.AddHours(9.5));
        await timed.AdvanceToRunsAsync(1);
        await timed.NextRunAsync();

        Assert.Equal([TimedHost.Noon.AddHours(1), TimedHost.Noon.AddHours(10)], timed.Due);
    }

    [Fact]
    public async Task A_clock_that_was_years_ahead_and_is_set_right_brings_the_next_run_in_time()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");

        timed.Time.AdjustTime(YearsAgo);
        await timed.AdvanceToRunsAsync(1);
        await timed.NextRunAsync();

        Assert.Equal([YearsAgo.DateTime.AddHours(1), YearsAgo.DateTime.AddHours(2)], timed.Due);
        Assert.Single(timed.Log.Of("The clock was set back: timer function Tick runs at 2023-03-10T13:00:00Z, "
            + "not at 2026-03-10T13:00:00Z"));
    }

    [Fact]
    public async Task A_clock_set_right_while_nothing_ran_brings_the_next_run_in_time()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        await timed.Host.StopAsync();
        timed.Time.AdjustTime(YearsAgo);

        await timed.StartAsync();
        await timed.NextRunAsync();

        Assert.Equal([YearsAgo.DateTime.AddHours(1)], timed.Due);
        Assert.False(timed.Runs[0].IsPastDue);
    }

    [Fact]
    public async Task A_clock_corrected_by_seconds_right_after_a_run_does_not_bring_it_again()
    {
        await using var timed = await TimedHost.StartNewAsync("0 * * * *");
        timed.Code = () =>
        {
            if (timed.Runs.Count == 1)
            {
                timed.Time.AdjustTime(Noon.AddHours(1).AddSeconds(-20));
            }

            return Task.CompletedTask;
        };

        await timed.NextRunAsync();
        await timed.NextRunAsync();

        Assert.Equal([TimedHost.Noon.AddHours(1), TimedHost.Noon.AddHours(2)], timed.Due);
    }

    [Theory]
    [InlineData("2026-03-28T12:00:00Z", "2026-03-29T03:30:00", "2026-03-30T02:30:00", "2026-03-31T02:30:00")]
    [InlineData("2026-10-24T12:00:00Z", "2026-10-25T02:30:00", "2026-10-26T02:30:00", "2026-10-27T02:30:00")]
    public async Task A_daily_run_in_the_hour_of_a_change_comes_once_a_day(string start, params string[] walls)
    {
        await using var timed = await TimedHost.StartNewAsync("0 30 2 * * *", prepare: (timed, _) =>
        {
            timed.Time.AdjustTime(Schedules.At(start));
            timed.Time.SetLocalTimeZone(TestZones.Berlin);
        });

        foreach (var _ in walls)
        {
            await timed.NextRunAsync();
        }

        // A function is told times on the wall.
        Assert.Equal(walls.Select(At), timed.Due);
        Assert.Equal(At(walls[0]), timed.Runs[1].ScheduleStatus!.Last);
        Assert.Contains(timed.Log.All, line => line.Contains(
            "Timer function Tick runs '0 30 2 * * *' by the clock of Europe/Berlin; next at ",
            StringComparison.Ordinal));
    }

    private static DateTime At(string wall) => Schedules.At(wall + "Z").DateTime;
}
