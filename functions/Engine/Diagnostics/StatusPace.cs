using Highwater.Engine.Configuration;

namespace Highwater.Engine.Diagnostics;

/// <summary>How often things are to happen: what is late is judged by it.</summary>
/// <param name="BaseBackups">When base backups are due.</param>
/// <param name="WalSync">How long WAL is to wait in the spool at most.</param>
public sealed record StatusPace(Recurrence BaseBackups, TimeSpan WalSync)
{
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMinutes(5);

    /// <summary>For how long a hole in the WAL may be filled by what is still on its way: segments are stored several
    /// at once.</summary>
    public TimeSpan OnItsWay => 2 * WalSync;

    /// <summary>After so long without a sign of life something stands still.</summary>
    public TimeSpan Patience => 3 * WalSync > LeastPatience ? 3 * WalSync : LeastPatience;

    /// <summary>As the settings say, at the present time.</summary>
    public static StatusPace Of(ScheduleOptions schedules, TimeProvider clock) => new(
        Recurrence.TryParse(schedules.BaseBackup, clock.LocalTimeZone)!, schedules.WalSyncInterval(clock));
}
