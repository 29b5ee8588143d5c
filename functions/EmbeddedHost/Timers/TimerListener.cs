using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.State;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// Runs one timer function. The next occurrence is looked for when a run has ended, so runs never overlap and what
/// falls into a run is left out.
/// </summary>
internal sealed class TimerListener(
    FunctionEntry entry,
    ISchedule schedule,
    StateDatabase database,
    FunctionInvoker invoker,
    TimeProvider time,
    ILogger log)
{
    // The wall clock can be set, and a sleeping machine does not count: never trust one long wait.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly TimerTriggerAttribute _trigger = (TimerTriggerAttribute)entry.Trigger;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var monitored = _trigger.UseMonitor && IsSlow(now);
        var status = monitored ? Remembered(now) : null;
        if (status is { } before && now >= before.Next)
        {
            await InvokeAsync(before, isPastDue: true, cancellation);
            status = Remember(now);
        }
        else if (_trigger.RunOnStartup)
        {
            await InvokeAsync(status, isPastDue: false, cancellation);
        }

        while (!cancellation.IsCancellationRequested)
        {
            var due = schedule.Next(time.GetUtcNow());
            await WaitUntilAsync(due, cancellation);
            await InvokeAsync(status, isPastDue: false, cancellation);
            status = monitored ? Remember(due) : null;
        }
    }

    /// <summary>Runs it out of turn, as an operator asks for.</summary>
    public Task RunNowAsync(CancellationToken cancellation) =>
        InvokeAsync(database.Read(session => session.FindSchedule(entry.Name)), isPastDue: false, cancellation);

    private bool IsSlow(DateTimeOffset now)
    {
        var first = schedule.Next(now);
        return schedule.Next(first) - first >= TimeSpan.FromMinutes(1);
    }

    // What was stored says when it ran last; when it is next due is for the schedule of today to say.
    private ScheduleRow Remembered(DateTimeOffset now)
    {
        if (database.Read(session => session.FindSchedule(entry.Name)) is not { } stored)
        {
            return Store(new ScheduleRow(DateTimeOffset.MinValue, schedule.Next(now), now));
        }

        return stored with { Next = schedule.Next(stored.HasRun ? stored.Last : stored.Updated) };
    }

    private ScheduleRow Remember(DateTimeOffset ran)
    {
        var now = time.GetUtcNow();
        return Store(new ScheduleRow(ran, schedule.Next(now), now));
    }

    private ScheduleRow Store(ScheduleRow row)
    {
        database.Write(CommitKind.Schedule, entry.Name, session => session.SaveSchedule(entry.Name, row));
        return row;
    }

    private async Task WaitUntilAsync(DateTimeOffset due, CancellationToken cancellation)
    {
        for (var left = due - time.GetUtcNow(); left > TimeSpan.Zero; left = due - time.GetUtcNow())
        {
            var wait = left < LongestWait ? left : LongestWait;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellation);
        }
    }

    private async Task InvokeAsync(ScheduleRow? status, bool isPastDue, CancellationToken cancellation)
    {
        var info = new TimerInfo { IsPastDue = isPastDue, ScheduleStatus = ToStatus(status) };
        try
        {
            await using var invocation = invoker.Begin(
                entry,
                (parameter, _) => parameter == entry.TriggerParameter ? info : null,
                new Dictionary<string, object?>(),
                cancellation);
            await invocation.RunAsync();
        }
#pragma warning disable CA1031 // A timer function that fails is tried again at its next occurrence.
        catch (Exception e) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            TimerLog.Failed(log, entry.Name, e);
        }
    }

    private ScheduleStatus? ToStatus(ScheduleRow? row) => row is null
        ? null
        : new ScheduleStatus
        {
            Last = row.HasRun ? Local(row.Last) : default,
            Next = Local(row.Next),
            LastUpdated = Local(row.Updated),
        };

    private DateTime Local(DateTimeOffset moment) => TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone).DateTime;
}
