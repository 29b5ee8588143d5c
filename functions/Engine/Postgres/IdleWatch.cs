using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Notices when somebody has waited too long for bytes. Only waiting counts: a reader that is busy elsewhere is not
/// idle.
/// </summary>
internal sealed class IdleWatch : IAsyncDisposable
{
    private const long NotWaiting = 0;
    private readonly TimeSpan _deadline;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _watching;
    private long _waitingSince;

    /// <param name="deadline">How long one wait may last.</param>
    /// <param name="time">The clock.</param>
    /// <param name="look">Asked at the deadline: why it is to be given up, or null to wait once more as long.</param>
    /// <param name="giveUp">Then ends what is waited for, with <see cref="Failure"/> set.</param>
    public IdleWatch(
        TimeSpan deadline, TimeProvider time, Func<CancellationToken, Task<HighwaterException?>> look, Action giveUp)
    {
        _deadline = deadline;
        _time = time;
        _watching = WatchAsync(look, giveUp);
    }

    /// <summary>Why it was given up; null as long as it was not.</summary>
    public HighwaterException? Failure { get; private set; }

    public void StartWaiting() => Volatile.Write(ref _waitingSince, Math.Max(1, _time.GetTimestamp()));

    public void StopWaiting() => Volatile.Write(ref _waitingSince, NotWaiting);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Its outcome is Failure.
        _stopped.Dispose();
    }

    private async Task WatchAsync(Func<CancellationToken, Task<HighwaterException?>> look, Action giveUp)
    {
        using var tick = new PeriodicTimer(_deadline / 4, _time);
        while (await tick.WaitForNextTickAsync(_stopped.Token))
        {
            var since = Volatile.Read(ref _waitingSince);
            if (since == NotWaiting || _time.GetElapsedTime(since) < _deadline)
                continue;
            Failure = await look(_stopped.Token);
            if (Failure is not null)
            {
                giveUp();
                return;
            }

            Interlocked.CompareExchange(ref _waitingSince, _time.GetTimestamp(), since);
        }
    }
}
