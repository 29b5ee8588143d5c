using NCrontab;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// A cron expression, read by the clock on the wall of a time zone. Where that clock is set, the official timer
/// trigger asks NCrontab for the next time on the wall and waits for it, so that an hourly schedule stops for an hour
/// when the clock goes back. Here, as cron and its successors do:
/// <list type="bullet">
/// <item>Times that are left out when the clock goes forward run once, at the moment they would have had without the
/// change: 02:30 of a hour that does not exist runs at 03:30. So nothing is left out, and what runs every few minutes
/// meets its own later times.</item>
/// <item>Of times that come twice when the clock goes back, an expression that names its hours (<c>2</c>,
/// <c>2,14</c>, <c>*/6</c>) runs at the first only: a daily backup is daily. One for every hour of a range
/// (<c>*</c>, <c>1-4</c>) runs at both: it neither stops nor doubles as time elapses.</item>
/// </list>
/// </summary>
internal sealed class CronSchedule : ISchedule
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // After 400 years the calendar begins again: what has not come by then never comes.
    private static readonly DateTime CycleStart = new(2000, 1, 1);
    private static readonly DateTime CycleEnd = new(2400, 1, 1);

    private readonly string _expression;
    private readonly CrontabSchedule _crontab;
    private readonly TimeZoneInfo _zone;
    private readonly bool _everyHour;

    private CronSchedule(string expression, string hours, CrontabSchedule crontab, TimeZoneInfo zone)
    {
        (_expression, _crontab, _zone) = (expression, crontab, zone);
        _everyHour = hours.Split(',').Any(IsEveryHour);
    }

    /// <summary>Null if it is not cron with 5 or 6 fields, or for a date that no calendar has.</summary>
    public static CronSchedule? TryParse(string expression, TimeZoneInfo zone)
    {
        var fields = expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var options = new CrontabSchedule.ParseOptions { IncludingSeconds = fields.Length == 6 };
        return fields.Length is 5 or 6
            && CrontabSchedule.TryParse(string.Join(' ', fields), options) is { } crontab
            && crontab.GetNextOccurrence(CycleStart, CycleEnd) < CycleEnd
                ? new CronSchedule(expression, fields[^4], crontab, zone)
                : null;
    }

    public DateTimeOffset Next(DateTimeOffset after)
    {
        var utc = after.UtcDateTime;
        var next = DateTimeOffset.MaxValue;
        var local = DateTime.SpecifyKind(utc + OffsetsAround(utc).Least, DateTimeKind.Unspecified);
        do
        {
            // Around a change a later time on the wall may be an earlier moment: look on until that is impossible.
            local = _crontab.GetNextOccurrence(local);
            foreach (var moment in MomentsOf(local).Where(moment => moment > after && moment < next))
            {
                next = moment;
            }
        }
        while (local - OffsetsAround(local).Most < next.UtcDateTime);
        return next;
    }

    public override string ToString() => $"'{_expression}' by the clock of {_zone.Id}";

    private static bool IsEveryHour(string part)
    {
        var range = part.Split('/');
        return (range[0] == "*" || range[0].Contains('-', StringComparison.Ordinal))
            && (range.Length == 1 || range[1] == "1");
    }

    private IEnumerable<DateTimeOffset> MomentsOf(DateTime local)
    {
        var early = new DateTimeOffset(local, OffsetAt(local - Day));
        var late = new DateTimeOffset(local, OffsetAt(local + Day));
        var isEarly = _zone.GetUtcOffset(early) == early.Offset;
        var isLate = late.Offset != early.Offset && _zone.GetUtcOffset(late) == late.Offset;
        if (isEarly || !isLate)
        {
            // Of its own hour, or of one that does not exist.
            yield return early;
        }

        if (isLate && (!isEarly || _everyHour))
        {
            yield return late;
        }
    }

    private (TimeSpan Least, TimeSpan Most) OffsetsAround(DateTime moment)
    {
        var (early, late) = (OffsetAt(moment - Day), OffsetAt(moment + Day));
        return early < late ? (early, late) : (late, early);
    }

    // A day is more than any offset: whatever clock the time is read by, a day before it is before it.
    private TimeSpan OffsetAt(DateTime moment) => _zone.GetUtcOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc));
}
