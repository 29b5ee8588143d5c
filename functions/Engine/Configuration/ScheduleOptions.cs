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

    private static string Cron(SettingsReader reader, string name, string defaultValue)
    {
        var text = reader.Text(name, defaultValue);
        if (Recurrence.TryParse(text, TimeZoneInfo.Utc) is null)
            reader.Fault(
                name, $"'{text}' is neither cron with 5 or 6 fields nor a time span", $"{name}={defaultValue}");
        return text;
    }
}
