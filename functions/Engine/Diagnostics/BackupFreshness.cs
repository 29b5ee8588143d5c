using Highwater.Engine.Configuration;

namespace Highwater.Engine.Diagnostics;

/// <summary>Whether base backups come as often as BACKUP_SCHEDULE asks for. Pure.</summary>
/// <param name="MissedRuns">How many runs in a row were due and left no restorable base backup; counted to a
/// few.</param>
/// <param name="Interval">Between two runs.</param>
public sealed record BackupFreshness(int MissedRuns, TimeSpan Interval)
{
    // One run may fail and the next be under way. Three in a row are no accident.
    private const int TooManyMissed = 3;

    private static readonly TimeSpan LeastRunTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MostRunTime = TimeSpan.FromHours(4);

    /// <summary>How well it is: a missed run is a warning, three in a row are a failure.</summary>
    public StatusLevel Level => MissedRuns switch
    {
        0 => StatusLevel.Ok,
        < TooManyMissed => StatusLevel.Warn,
        _ => StatusLevel.Fail,
    };

    /// <summary>Compares the newest restorable base backup with the schedule.</summary>
    /// <param name="schedule">Of base backups.</param>
    /// <param name="newest">When the newest restorable one started.</param>
    /// <param name="now">UTC.</param>
    public static BackupFreshness Of(Recurrence schedule, DateTimeOffset newest, DateTimeOffset now)
    {
        // A run that is due now needs time: the time between two of them says how much it is expected to take.
        var interval = schedule.IntervalAt(now);
        var runTime = TimeSpan.FromTicks(
            Math.Clamp(interval.Ticks / 12, LeastRunTime.Ticks, MostRunTime.Ticks));
        return new BackupFreshness(schedule.CountDue(newest, now - runTime, TooManyMissed), interval);
    }
}
