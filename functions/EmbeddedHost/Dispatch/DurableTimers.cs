using Highwater.EmbeddedHost.State;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>
/// Brings instances back when a timer of theirs is due. Timers are messages that become visible later.
/// </summary>
internal sealed class DurableTimers(StateDatabase database, ReadyQueue ready, TimeProvider time)
{
    // The wall clock can be set, and a sleeping machine does not count: never trust one long wait. While a timer is set
    // the clock is looked at every second; the database is asked at least every minute.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTrust = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan ClockJump = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _earlier = NewSignal();
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>A timer was set: look again if it is the earliest.</summary>
    public void DueAt(DateTimeOffset due)
    {
        lock (_gate)
        {
            if (due < _next)
            {
                _next = due;
                _earlier.TrySetResult();
            }
        }
    }

    /// <summary>Finds everything that waits in an inbox, at first, and later whatever becomes due.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            Task earlier;
            lock (_gate)
            {
                // Before looking: a timer set from here on signals.
                _earlier = NewSignal();
                _next = DateTimeOffset.MaxValue;
                earlier = _earlier.Task;
            }

            var now = time.GetUtcNow();
            var (due, next) = database.Read(session => (session.InstancesWithMail(now), session.NextDelivery(now)));
            due.ForEach(ready.Add);
            lock (_gate)
            {
                _next = next < _next ? next.Value : _next;
            }

            await WaitAsync(next, earlier, cancellation);
        }
    }

    private async Task WaitAsync(DateTimeOffset? next, Task earlier, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (!earlier.IsCompleted && time.GetElapsedTime(started) < LongestTrust)
        {
            cancellation.ThrowIfCancellationRequested();
            var now = time.GetUtcNow();
            if (next <= now)
            {
                return;
            }

            var left = next is { } due ? due - now : LongestTrust;
            var longest = next is null ? LongestTrust : LongestWait;

            // Timers count whole milliseconds: waking early by a fraction would only mean to look twice.
            var milliseconds = Math.Ceiling((left < longest ? left : longest).TotalMilliseconds);
            var delay = Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, cancellation);

            // A clock that jumped since it was read has made the delay too long.
            if (time.GetUtcNow() - now < ClockJump)
            {
                await Task.WhenAny(earlier, delay);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
