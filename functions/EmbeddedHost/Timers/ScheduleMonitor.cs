using Highwater.EmbeddedHost.State;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// Remembers when a timer function ran and is next due, so that the next process knows what was missed while none ran.
/// </summary>
internal sealed class ScheduleMonitor(string function, ISchedule schedule, StateDatabase database, ILogger log)
{
    /// <summary>What is remembered, brought in line with the schedule and the clock of today.</summary>
    public ScheduleRow Open(DateTimeOffset now)
    {
        if (Find() is not { } stored)
        {
            return Store(DateTimeOffset.MinValue, now);
        }

        // Next was computed at Updated. If it would be another today, the schedule (or the time zone) was changed in
        // between, and nothing of the new one was missed: the official host, too, starts it without a run past due.
        var isChanged = schedule.Next(stored.Updated) != stored.Next;
        var isAhead = stored.Updated > now;
        if (!isChanged && !isAhead)
        {
            return stored;
        }

        var goesOn = stored.HasRun && !isAhead && schedule.Next(stored.Last) > now;
        return Store(stored.Last, goesOn ? stored.Last : now);
    }

    /// <summary>Remembers a run, and that the next one is due after a moment.</summary>
    public ScheduleRow Ran(DateTimeOffset occurrence, DateTimeOffset after) => Store(occurrence, after);

    public ScheduleRow? Find() => database.Read(session => session.FindSchedule(function));

    private ScheduleRow Store(DateTimeOffset last, DateTimeOffset after)
    {
        var row = new ScheduleRow(last, schedule.Next(after), after);
        try
        {
            database.Write(CommitKind.Schedule, function, session => session.SaveSchedule(function, row));
        }
        catch (SqliteException e)
        {
            // A full disk must not stop the backups that may make room; at worst the next process runs this once more.
            TimerLog.NotRemembered(log, function, e);
        }

        return row;
    }
}
