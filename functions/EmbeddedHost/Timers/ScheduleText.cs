using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// Reads the text of a timer trigger: cron with 5 or 6 fields, else a time span, or <c>%NAME%</c> for a setting that
/// holds one.
/// </summary>
internal static class ScheduleText
{
    /// <exception cref="ArgumentException">It is none of these, or the setting has no value.</exception>
    public static ISchedule Parse(string text, IConfiguration configuration, TimeZoneInfo zone)
    {
        var expression = Resolve(text.Trim(), configuration).Trim();
        return CronSchedule.TryParse(expression, zone)
            ?? (ISchedule?)IntervalSchedule.TryParse(expression)
            ?? throw new ArgumentException(
                $"The schedule expression '{expression}' was not recognized as a valid cron expression or timespan "
                + "string.");
    }

    private static string Resolve(string text, IConfiguration configuration)
    {
        if (text is not ['%', .. { Length: > 0 } name, '%'])
        {
            return text;
        }

        // An environment variable A__B is the setting A:B; a trigger may name it either way.
        var value = configuration[name] ?? configuration[name.Replace("__", ":", StringComparison.Ordinal)];
        return string.IsNullOrWhiteSpace(value)
            ? throw new ArgumentException($"'{text}' does not resolve to a value.")
            : value;
    }
}
