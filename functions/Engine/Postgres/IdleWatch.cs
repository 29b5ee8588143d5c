using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Notices when somebody has waited too long for bytes. Only waiting counts: a reader that is busy elsewhere is not
/// idle.
/// </summary>
internal sealed class IdleWatch : IAsyncDisposable
{
    private const long NotWaiting = 0;
    private readonly TimeSpan deadline;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopped = new();
    private readonly Task watching;
    private long waitingSince;

    /// <param name="deadline">How long one wait may last.</param>
    /// <param name="time">The clock.</param>
    /// <param name="look">Asked at the deadline: why it is to be given up, or null to wait once more as long.</param>
    /// <param name="giveUp">Then ends what is waited for, with <see cref="Failure"/> set.</param>
    public IdleWatch(
        TimeSpan deadline, TimeProvider time, Func<CancellationToken, Task<HighwaterException?>> look, Action giveUp)
    {
        this.deadline = deadline;
        this.time = time;
        watching = WatchAsync(look, giveUp);
    }

    /// <summary>Why it was given up; null as long as it was not.</summary>
    public HighwaterException? Failure { get; private set; }

    public void StartWaiting() => Volatile.Write(ref waitingSince, Math.Max(1, time.GetTimestamp()));

    public void StopWaiting() => Volatile.Write(ref waitingSince, NotWaiting);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Its outcome is Failure.
        stopped.Dispose();
    }

    private async Task WatchAsync(Func<CancellationToken, Task<HighwaterException?>> look, Action giveUp)
    {
        using var tick = new PeriodicTimer(deadline / 4, time);
        while (await tick.WaitForNextTickAsync(stopped.Token))
        {
            var since = Volatile.Read(ref waitingSince);
            if (since == NotWaiting || time.GetElapsedTime(since) < deadline)
                continue;
            Failure = await look(stopped.Token);
            if (Failure is not null)
            {
                giveUp();
                return;
            }

            Interlocked.CompareExchange(ref waitingSince, time.GetTimestamp(), since);
        }
    }
}
