using System.Globalization;

namespace Highwater.Engine.Configuration;

/// <summary>When the timers run, as the texts the timer triggers resolve.</summary>
/// <param name="BaseBackup">Cron with 5 or 6 fields.</param>
/// <param name="WalSync">Cron, or a time span such as <c>00:01:00</c>.</param>
public sealed record ScheduleOptions(string BaseBackup, string WalSync)
{
    public static ScheduleOptions Read(SettingsReader reader)
    {
        var interval = TimeSpan.FromSeconds(reader.Number(SettingNames.WalSyncInterval, 60, 1, 86_399));
        return new ScheduleOptions(
            Cron(reader, SettingNames.BackupSchedule, "0 2 * * *"),
            Cron(reader, SettingNames.WalSyncSchedule, interval.ToString("c", CultureInfo.InvariantCulture)));
    }

    // A sync that is seldom on purpose must not make a catch-up, and whatever else goes by it, slow as well.
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(5);

    /// <summary>How long WAL is to wait in the spool at most: the time between two WAL syncs, or five minutes where
    /// that is more.</summary>
    /// <param name="clock">What time it is; a cron schedule is not the same all day.</param>
    public TimeSpan WalSyncInterval(TimeProvider clock)
    {
        var interval = Recurrence.TryParse(WalSync, clock.LocalTimeZone)!.IntervalAt(clock.GetUtcNow());
        return interval < LongestInterval ? interval : LongestInterval;
    }

    private static string Cron(SettingsReader reader, string name, string defaultValue)
    {
        var text = reader.Text(name, defaultValue);
        if (Recurrence.TryParse(text, TimeZoneInfo.Utc) is null)
            reader.Fault(
                name, $"'{text}' is neither cron with 5 or 6 fields nor a time span", $"{name}={defaultValue}");
        return text;
    }
}
