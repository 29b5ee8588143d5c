namespace Highwater.EmbeddedHost.Tests.Timers;

/// <summary>What falls into the hours in which the clocks are set. Times are UTC.</summary>
public class DaylightSavingTests
{
    [Fact]
    public void A_daily_time_that_is_left_out_runs_once_an_hour_later_on_the_wall()
    {
        Assert.Equal(
            ["03-28T01:30", "03-29T01:30", "03-30T00:30"],
            Schedules.Occurrences("0 30 2 * * *", TestZones.Berlin, "2026-03-28T00:00:00Z", 3));
        Assert.Equal(
            ["03-07T07:30", "03-08T07:30", "03-09T06:30"],
            Schedules.Occurrences("30 2 * * *", TestZones.NewYork, "2026-03-07T00:00:00Z", 3));
    }

    [Fact]
    public void A_daily_time_that_comes_twice_runs_at_the_first()
    {
        Assert.Equal(
            ["10-24T00:30", "10-25T00:30", "10-26T01:30"],
            Schedules.Occurrences("0 30 2 * * *", TestZones.Berlin, "2026-10-24T00:00:00Z", 3));
        Assert.Equal(
            ["10-31T05:30", "11-01T05:30", "11-02T06:30"],
            Schedules.Occurrences("30 1 * * *", TestZones.NewYork, "2026-10-31T00:00:00Z", 3));
    }

    [Fact]
    public void A_process_started_between_the_two_does_not_run_the_second() =>
        Assert.Equal(
            ["10-26T01:30"], Schedules.Occurrences("30 2 * * *", TestZones.Berlin, "2026-10-25T00:45:00Z", 1));

    [Fact]
    public void Midnight_left_out_and_midnight_twice_are_one_run_each()
    {
        Assert.Equal(
            ["03-07T05:15", "03-08T05:15", "03-09T04:15"],
            Schedules.Occurrences("15 0 * * *", TestZones.Havana, "2026-03-07T00:00:00Z", 3));
        Assert.Equal(
            ["10-31T04:15", "11-01T04:15", "11-02T05:15"],
            Schedules.Occurrences("15 0 * * *", TestZones.Havana, "2026-10-31T00:00:00Z", 3));
    }

    [Fact]
    public void Two_times_that_meet_at_the_change_are_one_run() =>
        Assert.Equal(
            ["03-29T01:30", "03-30T00:30", "03-30T01:30"],
            Schedules.Occurrences("30 2,3 * * *", TestZones.Berlin, "2026-03-29T00:00:00Z", 3));

    [Fact]
    public void Every_few_hours_is_times_of_day_of_which_none_comes_twice() =>
        Assert.Equal(
            ["10-24T22:00", "10-25T00:00", "10-25T03:00", "10-25T05:00"],
            Schedules.Occurrences("0 */2 * * *", TestZones.Berlin, "2026-10-24T21:00:00Z", 4));

    [Theory]
    [InlineData("* * * * *", 1)]
    [InlineData("0 */30 * * * *", 30)]
    [InlineData("0 * * * *", 60)]
    [InlineData("0 0-23 * * *", 60)]
    public void What_runs_every_hour_or_more_often_neither_stops_nor_doubles_at_a_change(string text, int minutes)
    {
        foreach (var zone in new[] { TestZones.Berlin, TestZones.NewYork, TestZones.Havana })
        {
            foreach (var change in new[] { "2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01" })
            {
                var schedule = Schedules.Parse(text, zone);
                var from = Schedules.At(change + "T00:00:00Z").AddHours(-2);
                for (var at = from; at < from.AddHours(14); at = at.AddMinutes(minutes))
                {
                    Assert.Equal(at.AddMinutes(minutes), schedule.Next(at));
                }
            }
        }
    }

    [Fact]
    public void A_daily_time_span_stays_24_hours()
    {
        var schedule = Schedules.Parse("1.00:00:00", TestZones.Berlin);

        foreach (var day in new[] { "2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z" })
        {
            Assert.Equal(Schedules.At(day).AddHours(24), schedule.Next(Schedules.At(day)));
        }
    }
}
