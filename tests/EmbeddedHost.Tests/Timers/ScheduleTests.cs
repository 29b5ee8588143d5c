using Highwater.EmbeddedHost.Timers;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Tests.Timers;

public class ScheduleTests
{
    // Two hours ahead from 29 March 2026 01:00 UTC (02:00 becomes 03:00) to 25 October 01:00 UTC (03:00 becomes 02:00).
    private static readonly TimeZoneInfo Berlin = CentralEurope();

    [Theory]
    [InlineData("0 2 * * *", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")]
    [InlineData("30 0 2 * * *", "2026-06-01T00:00:00Z", "2026-06-01T00:00:30Z")]
    [InlineData("*/15 * * * *", "2026-06-01T00:07:00Z", "2026-06-01T00:15:00Z")]
    [InlineData("00:01:10", "2026-06-01T00:00:00Z", "2026-06-01T00:01:10Z")]
    [InlineData("%NIGHTLY%", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")]
    public void Five_and_six_fields_time_spans_and_settings_are_understood(string text, string after, string next) =>
        Assert.Equal(At(next), Parse(text).Next(At(after)));

    [Theory]
    [InlineData("every night", "was not recognized as a valid cron expression or timespan string")]
    [InlineData("61 * * * *", "was not recognized as a valid cron expression or timespan string")]
    [InlineData("%NOWHERE%", "'%NOWHERE%' does not resolve to a value.")]
    public void Anything_else_is_refused(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_daily_time_that_is_left_out_runs_an_hour_later() =>
        Assert.Equal(
            ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"],
            Occurrences("30 2 * * *", "2026-03-28T00:00:00Z", 3));

    [Fact]
    public void A_daily_time_that_comes_twice_runs_once() =>
        Assert.Equal(
            ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
            Occurrences("30 2 * * *", "2026-10-24T00:00:00Z", 3));

    [Fact]
    public void What_runs_every_half_hour_does_so_over_both_changes()
    {
        Assert.Equal(
            ["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30", "2026-03-29T02:00"],
            Occurrences("*/30 * * * *", "2026-03-29T00:00:00Z", 4));
        Assert.Equal(
            ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"],
            Occurrences("*/30 * * * *", "2026-10-25T00:00:00Z", 4));
    }

    private static List<string> Occurrences(string text, string after, int count)
    {
        var schedule = Parse(text);
        var found = new List<string>();
        for (var next = schedule.Next(At(after)); found.Count < count; next = schedule.Next(next))
        {
            found.Add(next.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm", null));
        }

        return found;
    }

    private static ISchedule Parse(string text)
    {
        var settings = new Dictionary<string, string?> { ["NIGHTLY"] = "0 2 * * *" };
        return ScheduleText.Parse(text, new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), Berlin);
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, null);

    private static TimeZoneInfo CentralEurope()
    {
        var forward = TimeZoneInfo.TransitionTime.CreateFloatingDateRule(
            new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday);
        var back = TimeZoneInfo.TransitionTime.CreateFloatingDateRule(
            new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday);
        var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1), forward, back);
        return TimeZoneInfo.CreateCustomTimeZone("CET", TimeSpan.FromHours(1), "CET", "CET", "CEST", [rule]);
    }
}
