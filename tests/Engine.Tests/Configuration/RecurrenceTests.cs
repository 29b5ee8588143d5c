using CsCheck;
using Highwater.Engine.Configuration;

namespace Highwater.Engine.Tests.Configuration;

public sealed class RecurrenceTests
{
    private static readonly string[] Texts = ["0 2 * * *", "*/7 * * * *", "0 30 4 * * 1-5", "00:11:00"];

    private static readonly DateTimeOffset Midnight = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0 2 * * *", 24 * 3600)]
    [InlineData("0 0 2 * * 0", 7 * 24 * 3600)]
    [InlineData("*/10 * * * * *", 10)]
    [InlineData("06:00:00", 6 * 3600)]
    public void The_interval_is_the_time_between_two_runs(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Of(text).IntervalAt(Midnight));

    [Theory]
    [InlineData("every night")]
    [InlineData("61 * * * *")]
    [InlineData("00:00:00")]
    [InlineData("-01:00:00")]
    public void What_is_neither_cron_nor_a_time_span_is_no_schedule(string text) =>
        Assert.Null(Recurrence.TryParse(text, TimeZoneInfo.Utc));

    [Fact]
    public void A_run_that_is_due_just_now_counts_and_the_one_that_was_made_does_not()
    {
        var nightly = Of("0 2 * * *");
        Assert.Equal(0, nightly.CountDue(Midnight.AddHours(2), Midnight.AddHours(25.9), 9));
        Assert.Equal(1, nightly.CountDue(Midnight.AddHours(2), Midnight.AddHours(26), 9));
        Assert.Equal(3, nightly.CountDue(Midnight.AddHours(2), Midnight.AddDays(30), 3));
        Assert.Equal(0, nightly.CountDue(Midnight.AddDays(3), Midnight, 9));
    }

    [Fact]
    public void A_time_of_day_is_meant_on_the_clocks_of_the_zone()
    {
        var there = TimeZoneInfo.CreateCustomTimeZone("there", TimeSpan.FromHours(5), "there", "there");
        var nightly = Recurrence.TryParse("0 2 * * *", there)!;
        Assert.Equal(1, nightly.CountDue(Midnight.AddHours(20.9), Midnight.AddHours(21), 9));
    }

    [Fact]
    public void Runs_due_in_two_stretches_are_those_due_in_both_together() =>
        Gen.Select(Gen.Int[0, Texts.Length - 1], Gen.Int[1, 500], Gen.Int[1, 500]).Sample((text, first, second) =>
        {
            // A time span counts from the start of the stretch, so it is cut where a run is due.
            var cut = Midnight.AddMinutes(first * 11);
            var end = cut.AddMinutes(second);
            var schedule = Of(Texts[text]);
            return schedule.CountDue(Midnight, cut, int.MaxValue) + schedule.CountDue(cut, end, int.MaxValue)
                == schedule.CountDue(Midnight, end, int.MaxValue);
        });

    private static Recurrence Of(string text) => Recurrence.TryParse(text, TimeZoneInfo.Utc)!;
}
