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
    // The official trigger keeps no status of schedules more frequent than this.
    private static readonly TimeSpan ShortestMonitored = TimeSpan.FromMinutes(1);

    private readonly TimerTriggerAttribute _trigger = (TimerTriggerAttribute)entry.Trigger;
    private readonly OccurrenceWait _wait = new(entry.Name, schedule, time, log);
    private bool _started;

    // Null for what is not monitored.
    private readonly ScheduleMonitor? _monitor =
        ((TimerTriggerAttribute)entry.Trigger).UseMonitor && !IsFrequent(schedule, time.GetUtcNow())
            ? new ScheduleMonitor(entry.Name, schedule, database, log)
            : null;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var after = time.GetUtcNow();
        var status = _monitor?.Open(after);
        TimerLog.Listening(log, entry.Name, schedule, TimerLog.Text(status?.Next ?? schedule.Next(after)));
        if (!_started && IsDueAtStart(status, after, out var isPastDue))
        {
            var occurrence = after;
            await InvokeAsync(status, isPastDue, cancellation);
            after = time.GetUtcNow();
            status = _monitor?.Ran(occurrence, after);
        }

        _started = true;
        while (!cancellation.IsCancellationRequested)
        {
            var due = await _wait.UntilAsync(status?.Next ?? schedule.Next(after), after, cancellation);
            await InvokeAsync(status is null ? null : status with { Next = due }, isPastDue: false, cancellation);
            var now = time.GetUtcNow();
            after = now < due && due - now <= OccurrenceWait.SmallCorrection ? due : now;
            status = _monitor?.Ran(due, after);
        }
    }

    /// <summary>Runs it out of turn, as an operator asks for.</summary>
    public Task RunNowAsync(CancellationToken cancellation) =>
        InvokeAsync(_monitor?.Find(), isPastDue: false, cancellation);

    private bool IsDueAtStart(ScheduleRow? status, DateTimeOffset now, out bool isPastDue)
    {
        isPastDue = status is not null && now >= status.Next;
        if (isPastDue)
        {
            TimerLog.Missed(log, entry.Name, TimerLog.Text(status!.Next));
        }

        return isPastDue || _trigger.RunOnStartup;
    }

    private static bool IsFrequent(ISchedule schedule, DateTimeOffset now)
    {
        // Of two gaps in a row at most one leads into another minute.
        var first = schedule.Next(now);
        var second = schedule.Next(first);
        return second - first < ShortestMonitored || schedule.Next(second) - second < ShortestMonitored;
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
