using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Timers;

/// <summary>
/// Waits for an occurrence by the wall clock, which may be set at any time: forwards, and the occurrence has come;
/// backwards, and another one comes before it. A machine whose clock starts years ahead must not wait years once the
/// clock is right.
/// </summary>
internal sealed class OccurrenceWait(string function, ISchedule schedule, TimeProvider time, ILogger log)
{
    /// <summary>A clock corrected by less than this brings no occurrence twice and no wait that matters.</summary>
    public static readonly TimeSpan SmallCorrection = TimeSpan.FromMinutes(1);

    // Neither the setting of a clock nor the sleep of a machine ends a wait: look again and again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <param name="due">The occurrence.</param>
    /// <param name="after">The moment after which it is the first.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The occurrence that has come: this one, or an earlier one by a clock that was set back.</returns>
    public async Task<DateTimeOffset> UntilAsync(
        DateTimeOffset due, DateTimeOffset after, CancellationToken cancellation)
    {
        for (var now = time.GetUtcNow(); now < due; now = time.GetUtcNow())
        {
            if (now < after - SmallCorrection)
            {
                after = now;
                due = Sooner(due, schedule.Next(now));
            }

            var wait = due - now < LongestWait ? due - now : LongestWait;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancellation);
            after = now > after ? now : after;
        }

        return due;
    }

    private DateTimeOffset Sooner(DateTimeOffset due, DateTimeOffset next)
    {
        if (next >= due)
        {
            return due;
        }

        TimerLog.ClockSetBack(log, function, TimerLog.Text(due), TimerLog.Text(next));
        return next;
    }
}
