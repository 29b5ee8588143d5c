using Microsoft.Extensions.Configuration;
using NCrontab;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// Reads the text of a timer trigger: cron with 5 or 6 fields, a time span, or <c>%NAME%</c> for one.
/// </summary>
internal static class ScheduleText
{
    /// <exception cref="ArgumentException">It is none of these, or the setting has no value.</exception>
    public static ISchedule Parse(string text, IConfiguration configuration, TimeZoneInfo zone)
    {
        var expression = Resolve(text, configuration).Trim();
        var fields = expression.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        var options = new CrontabSchedule.ParseOptions { IncludingSeconds = fields == 6 };
        if (fields is 5 or 6 && CrontabSchedule.TryParse(expression, options) is { } crontab)
        {
            return new CronSchedule(crontab, zone);
        }

        return TimeSpan.TryParse(expression, null, out var interval) && interval > TimeSpan.Zero
            ? new IntervalSchedule(interval)
            : throw new ArgumentException(
                $"The schedule expression '{expression}' was not recognized as a valid cron expression or timespan "
                + "string.");
    }

    private static string Resolve(string text, IConfiguration configuration) =>
        text is ['%', .. var name, '%']
            ? configuration[name] ?? throw new ArgumentException($"'{text}' does not resolve to a value.")
            : text;
}
