using NCrontab;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// A cron expression in a time zone. When clocks go forward, what falls into the hour that is left out runs an hour
/// later; when they go back, a fixed time of day runs once, and what runs every few minutes goes on doing so.
/// </summary>
internal sealed class CronSchedule(CrontabSchedule crontab, TimeZoneInfo zone) : ISchedule
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public DateTimeOffset Next(DateTimeOffset after)
    {
        var local = TimeZoneInfo.ConvertTime(after, zone).DateTime;
        var first = crontab.GetNextOccurrence(local);
        return crontab.GetNextOccurrence(first) - first <= Hour ? NextElapsed(after) : NextOnTheClock(after, local);
    }

    // By elapsed time: the offset in force now is kept, so a repeated hour has occurrences like any other.
    private DateTimeOffset NextElapsed(DateTimeOffset after)
    {
        var next = NextAt(after, zone.GetUtcOffset(after));
        var offsetThen = zone.GetUtcOffset(next);
        if (offsetThen == next.Offset)
        {
            return next;
        }

        var shifted = NextAt(after, offsetThen);
        return shifted > after && zone.GetUtcOffset(shifted) == offsetThen ? shifted : next;
    }

    private DateTimeOffset NextAt(DateTimeOffset after, TimeSpan offset) =>
        new(crontab.GetNextOccurrence(after.ToOffset(offset).DateTime), offset);

    // By the clock on the wall: a time that comes twice counts the first time.
    private DateTimeOffset NextOnTheClock(DateTimeOffset after, DateTime local)
    {
        while (true)
        {
            local = crontab.GetNextOccurrence(local);
            var next = new DateTimeOffset(local, OffsetOf(local));
            if (next > after)
            {
                return next;
            }
        }
    }

    private TimeSpan OffsetOf(DateTime local)
    {
        if (zone.IsAmbiguousTime(local))
        {
            return zone.GetAmbiguousTimeOffsets(local).Max();
        }

        // A time that does not exist, read with the offset before the change, is the same distance after it.
        return zone.IsInvalidTime(local) ? zone.GetUtcOffset(local - Hour) : zone.GetUtcOffset(local);
    }
}
