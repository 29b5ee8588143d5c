using CsCheck;

namespace Highwater.EmbeddedHost.Tests.Timers;

/// <summary>
/// A cron expression and what it means, minute by minute, in words that share nothing with the code under test.
/// </summary>
/// <param name="Text">The expression.</param>
/// <param name="IsEveryHour">Whether its hours are a range, not named ones.</param>
internal sealed record RandomSchedule(
    string Text, bool IsEveryHour, int[] Seconds, int[] Minutes, int[] Hours, int[] Days, int[] Weekdays)
{
    private static readonly int[] Changes = [30, 60];

    public static readonly Gen<RandomSchedule> Any =
        from withSeconds in Gen.Bool
        from seconds in withSeconds ? Named(0, 59) : Gen.Const((Text: "", Values: new[] { 0 }))
        from minutes in Gen.OneOf(Named(0, 59), Steps(0, 59), All(0, 59))
        from everyHour in Gen.Bool
        from hours in everyHour ? Gen.OneOf(All(0, 23), Range(0, 23)) : Gen.OneOf(Named(0, 23), Steps(0, 23))
        from days in Gen.OneOf(All(1, 31), All(1, 31), Named(1, 31))
        from weekdays in Gen.OneOf(All(0, 6), All(0, 6), Range(0, 6))
        select new RandomSchedule(
            $"{seconds.Text} {minutes.Text} {hours.Text} {days.Text} * {weekdays.Text}",
            everyHour, seconds.Values, minutes.Values, hours.Values, days.Values, weekdays.Values);

    /// <summary>The first occurrence after a moment, found by looking at every minute; null if none is near.</summary>
    public DateTimeOffset? FirstAfter(DateTimeOffset after, DateTimeOffset end, TimeZoneInfo zone)
    {
        var start = new DateTimeOffset(after.Ticks - (after.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        for (var minute = start; minute < end; minute = minute.AddMinutes(1))
        {
            var found = Seconds.Order().Select(second => minute.AddSeconds(second)).FirstOrDefault(at => at > after);
            if (found != default && IsDue(minute, zone))
            {
                return found;
            }
        }

        return null;
    }

    private bool IsDue(DateTimeOffset minute, TimeZoneInfo zone)
    {
        var offset = zone.GetUtcOffset(minute);
        var isSecondTime = Changes.Any(change =>
            zone.GetUtcOffset(minute.AddMinutes(-change)) == offset + TimeSpan.FromMinutes(change));
        return (Has(minute.ToOffset(offset)) && (IsEveryHour || !isSecondTime))
            || Changes.Any(change =>
                zone.GetUtcOffset(minute.AddMinutes(-change)) == offset - TimeSpan.FromMinutes(change)
                && Has(minute.ToOffset(offset).AddMinutes(-change)));
    }

    private bool Has(DateTimeOffset wall) =>
        Minutes.Contains(wall.Minute) && Hours.Contains(wall.Hour) && Days.Contains(wall.Day)
        && Weekdays.Contains((int)wall.DayOfWeek);

    private static Gen<(string Text, int[] Values)> All(int least, int most) =>
        Gen.Const(("*", Enumerable.Range(least, most - least + 1).ToArray()));

    private static Gen<(string Text, int[] Values)> Named(int least, int most) =>
        Gen.Int[least, most].Array[1, 3].Select(values => (string.Join(',', values), values));

    private static Gen<(string Text, int[] Values)> Range(int least, int most) =>
        from first in Gen.Int[least, most]
        from last in Gen.Int[first, most]
        select ($"{first}-{last}", Enumerable.Range(first, last - first + 1).ToArray());

    private static Gen<(string Text, int[] Values)> Steps(int least, int most) =>
        from step in Gen.Int[2, 20]
        from all in All(least, most)
        select ($"*/{step}", all.Values.Where(value => (value - least) % step == 0).ToArray());
}
