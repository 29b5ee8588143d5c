using Highwater.EmbeddedHost.Timers;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Tests.Timers;

public class ScheduleTests
{
    [Theory]
    [InlineData("0 2 * * *", "2026-06-02T02:00:00Z")]
    [InlineData("30 0 2 * * *", "2026-06-02T02:00:30Z")]
    [InlineData("  30\t0  2 * * * ", "2026-06-02T02:00:30Z")]
    [InlineData("*/15 * * * *", "2026-06-01T02:15:00Z")]
    [InlineData("0 0 * * sun", "2026-06-07T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2028-02-29T00:00:00Z")]
    [InlineData("00:01:10", "2026-06-01T02:03:10Z")]
    [InlineData("1.00:00:00", "2026-06-02T02:02:00Z")]
    public void Five_and_six_fields_and_time_spans_are_understood(string text, string next) =>
        Assert.Equal(Schedules.At(next), Schedules.Parse(text).Next(Schedules.At("2026-06-01T02:02:00Z")));

    [Theory]
    [InlineData("every night")]
    [InlineData("61 * * * *")]
    [InlineData("* * * *")]
    [InlineData("0 0 0 1 1 * 2026")]
    [InlineData("0 0 30 2 *")]
    [InlineData("00:00:00")]
    [InlineData("-00:01:00")]
    [InlineData("10675199.00:00:00")]
    [InlineData("%%")]
    [InlineData("")]
    public void What_is_neither_cron_nor_a_time_span_is_refused_with_the_expression(string text)
    {
        var refused = Assert.Throws<ArgumentException>(() => Schedules.Parse(text));

        Assert.Equal(
            $"The schedule expression '{text}' was not recognized as a valid cron expression or timespan string.",
            refused.Message);
    }

    [Theory]
    [InlineData("%NIGHTLY%", "NIGHTLY")]
    [InlineData(" %NIGHTLY% ", "NIGHTLY")]
    [InlineData("%Schedules:Nightly%", "Schedules:Nightly")]
    [InlineData("%Schedules__Nightly%", "Schedules:Nightly")]
    public void A_name_between_percent_signs_is_the_setting_of_that_name(string text, string setting) =>
        Assert.Equal(
            Schedules.At("2026-06-02T02:00:00Z"),
            Schedules.Parse(text, zone: null, (setting, "0 2 * * *")).Next(Schedules.At("2026-06-01T02:00:00Z")));

    [Fact]
    public void A_nested_setting_may_come_from_an_environment_variable_with_two_underscores()
    {
        var name = "HighwaterTest" + Guid.NewGuid().ToString("N");
        Environment.SetEnvironmentVariable($"{name}__Nightly", "0 2 * * *");
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        Environment.SetEnvironmentVariable($"{name}__Nightly", null);

        var schedule = ScheduleText.Parse($"%{name}:Nightly%", configuration, TimeZoneInfo.Utc);

        Assert.Equal(Schedules.At("2026-06-02T02:00:00Z"), schedule.Next(Schedules.At("2026-06-01T02:00:00Z")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_name_without_a_value_is_refused(string? value)
    {
        var refused = Assert.Throws<ArgumentException>(() => Schedules.Parse("%SPAN%", null, ("SPAN", value)));

        Assert.Equal("'%SPAN%' does not resolve to a value.", refused.Message);
    }

    [Fact]
    public void A_name_without_percent_signs_is_not_looked_up() =>
        Assert.Throws<ArgumentException>(() => Schedules.Parse("NIGHTLY", null, ("NIGHTLY", "0 2 * * *")));

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("UTC", null)]
    [InlineData(":UTC", null)]
    [InlineData("Europe/Nowhere", "Europe/Nowhere")]
    [InlineData("CET-1CEST", "CET-1CEST")]
    public void A_time_zone_that_is_not_installed_is_noticed(string? zone, string? unknown) =>
        Assert.Equal(unknown, UnknownZone.Named(zone));
}
