using System.Globalization;
using Highwater.EmbeddedHost.Timers;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Tests.Timers;

/// <summary>Schedules from their texts, and their occurrences as texts.</summary>
internal static class Schedules
{
    public static ISchedule Parse(
        string text, TimeZoneInfo? zone = null, params (string Name, string? Value)[] settings) => ScheduleText.Parse(
        text,
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => setting.Value))
            .Build(),
        zone ?? TimeZoneInfo.Utc);

    /// <summary>The first occurrences after a moment, in UTC and to the minute.</summary>
    public static List<string> Occurrences(string text, TimeZoneInfo zone, string after, int count)
    {
        var schedule = Parse(text, zone);
        var found = new List<string>();
        for (var next = schedule.Next(At(after)); found.Count < count; next = schedule.Next(next))
        {
            found.Add(next.UtcDateTime.ToString("MM-dd'T'HH:mm", CultureInfo.InvariantCulture));
        }

        return found;
    }

    public static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
