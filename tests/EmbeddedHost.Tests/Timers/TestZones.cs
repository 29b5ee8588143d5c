namespace Highwater.EmbeddedHost.Tests.Timers;

/// <summary>
/// Time zones with the rules of 2026, made here: a test must not depend on the zones that a machine has installed.
/// </summary>
internal static class TestZones
{
    /// <summary>Forward on 29 March at 01:00 UTC (02:00 becomes 03:00), back on 25 October at 01:00 UTC.</summary>
    public static readonly TimeZoneInfo Berlin = Zone(
        "Europe/Berlin", TimeSpan.FromHours(1), TimeSpan.FromHours(1), (3, 5, 2), (10, 5, 3));

    /// <summary>Forward on 8 March at 07:00 UTC (02:00 becomes 03:00), back on 1 November at 06:00 UTC.</summary>
    public static readonly TimeZoneInfo NewYork = Zone(
        "America/New_York", TimeSpan.FromHours(-5), TimeSpan.FromHours(1), (3, 2, 2), (11, 1, 2));

    /// <summary>Half an hour, in the south: forward on 4 October (02:00 becomes 02:30), back on 5 April.</summary>
    public static readonly TimeZoneInfo LordHowe = Zone(
        "Australia/Lord_Howe", TimeSpan.FromHours(10.5), TimeSpan.FromMinutes(30), (10, 1, 2), (4, 1, 2));

    /// <summary>At midnight, so that the day changes twice: forward on 8 March, back on 1 November.</summary>
    public static readonly TimeZoneInfo Havana = Zone(
        "America/Havana", TimeSpan.FromHours(-5), TimeSpan.FromHours(1), (3, 2, 0), (11, 1, 1));

    private static TimeZoneInfo Zone(
        string id,
        TimeSpan offset,
        TimeSpan change,
        (int Month, int Week, int Hour) forward,
        (int Month, int Week, int Hour) back)
    {
        var rule = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue.Date, DateTime.MaxValue.Date, change, Sunday(forward), Sunday(back));
        return TimeZoneInfo.CreateCustomTimeZone(id, offset, id, id, id, [rule]);
    }

    private static TimeZoneInfo.TransitionTime Sunday((int Month, int Week, int Hour) at) =>
        TimeZoneInfo.TransitionTime.CreateFloatingDateRule(
            new DateTime(1, 1, 1, at.Hour, 0, 0), at.Month, at.Week, DayOfWeek.Sunday);
}
