using System.Globalization;
using NCrontab;

namespace Highwater.Engine.Configuration;

/// <summary>When something is due by the text of a schedule: cron with 5 or 6 fields, or a time span.</summary>
public sealed class Recurrence
{
    private readonly CrontabSchedule? _cron;
    private readonly TimeSpan _span;
    private readonly TimeZoneInfo _zone;

    private Recurrence(CrontabSchedule? cron, TimeSpan span, TimeZoneInfo zone)
    {
        (_cron, _span, _zone) = (cron, span, zone);
    }

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">For instance <c>0 2 * * *</c>, <c>*/30 * * * * *</c> or <c>01:00:00</c>.</param>
    /// <param name="zone">On whose clocks a time of day is meant; the timers take the machine's.</param>
    /// <returns>Null if it is neither cron nor a positive time span.</returns>
    public static Recurrence? TryParse(string text, TimeZoneInfo zone)
    {
        var withSeconds = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length == 6;
        var options = new CrontabSchedule.ParseOptions { IncludingSeconds = withSeconds };
        if (CrontabSchedule.TryParse(text, options) is { } cron)
            return new Recurrence(cron, TimeSpan.Zero, zone);
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) && span > TimeSpan.Zero
            ? new Recurrence(null, span, zone)
            : null;
    }

    /// <summary>How often it is due in a stretch of time, its start left out; counts no further than
    /// <paramref name="most"/>.</summary>
    public int CountDue(DateTimeOffset after, DateTimeOffset until, int most)
    {
        if (until <= after)
            return 0;
        return _cron is null
            ? (int)Math.Min(most, (until - after) / _span)
            : _cron.GetNextOccurrences(OnTheClock(after), OnTheClock(until).AddTicks(1)).Take(most).Count();
    }

    /// <summary>The time between the next two times it is due.</summary>
    public TimeSpan IntervalAt(DateTimeOffset moment)
    {
        if (_cron is null)
            return _span;
        var next = _cron.GetNextOccurrence(OnTheClock(moment));
        return _cron.GetNextOccurrence(next) - next;
    }

    // An hour more or less at a change of the clocks is within what every caller allows a run to be late.
    private DateTime OnTheClock(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, _zone).DateTime;
}
