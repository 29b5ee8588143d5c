using System.Globalization;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>Again and again after the same time, whatever the clocks on the walls do: a day is 24 hours.</summary>
internal sealed class IntervalSchedule(TimeSpan interval) : ISchedule
{
    // Far beyond any use, and far from the end of the calendar.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>Null if it is not a time span that can be waited for.</summary>
    public static IntervalSchedule? TryParse(string text) =>
        TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval)
        && interval > TimeSpan.Zero && interval <= Longest
            ? new IntervalSchedule(interval)
            : null;

    public DateTimeOffset Next(DateTimeOffset after) => after + interval;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"every {interval:c}");
}
