using Highwater.Engine.Configuration;
using Microsoft.Extensions.Configuration;

namespace Highwater.FunctionApp;

/// <summary>Settings the timer triggers resolve by name, where the operator gave none.</summary>
public static class HighwaterConfiguration
{
    /// <summary>Adds the schedules that are not set. Call it after every other source was added.</summary>
    public static void AddHighwaterDefaults(this IConfigurationBuilder builder)
    {
        var given = builder.Build();
        var schedules = ScheduleOptions.Read(new SettingsReader(given));
        builder.AddInMemoryCollection(
        [
            new(SettingNames.BackupSchedule, schedules.BaseBackup),
            new(SettingNames.WalSyncSchedule, schedules.WalSync),
        ]);
    }
}
