using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>The segments that are on their way from the repositories into the folder.</summary>
internal sealed partial class PrefetchFetches(FetchWal fetch, PrefetchFolder folder, ILogger logger) : IAsyncDisposable
{
    private readonly Dictionary<WalSegmentName, Task<bool>> _running = [];
    private CancellationTokenSource _stop = new();
    private int _laid;

    /// <summary>How many.</summary>
    public int Count => _running.Count;

    /// <summary>How many have arrived so far.</summary>
    public int Laid => _laid;

    /// <summary>Begins with one more.</summary>
    public void Begin(WalSegmentName segment) => _running[segment] = LayReadyAsync(segment, _stop.Token);

    /// <summary>Waits until one is done, or the pause is over.</summary>
    public async Task AnyAsync(Task pause)
    {
        var first = await Task.WhenAny([.. _running.Values, pause]);
        if (first == pause)
            await pause;
    }

    /// <summary>Those that are done, with whether they lie ready now.</summary>
    public async Task<IReadOnlyList<(WalSegmentName Segment, bool IsReady)>> HarvestAsync()
    {
        var done = new List<(WalSegmentName, bool)>();
        foreach (var (segment, fetched) in _running.Where(running => running.Value.IsCompleted).ToList())
        {
            _running.Remove(segment);
            done.Add((segment, await fetched));
        }

        return done;
    }

    /// <summary>Gives up all of them, and returns when none writes any more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running.Values.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.Clear();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    /// <summary>False if it cannot be had: recovery hears why from wal-get, which asks again.</summary>
    private async Task<bool> LayReadyAsync(WalSegmentName segment, CancellationToken cancellationToken)
    {
        try
        {
            // Off the caller's loop: local storage does much of its work before the first await.
            return await Task.Run(
                async () =>
                {
                    var outcome = await fetch.RunWholeAsync(
                        segment.ToString(), folder.DraftOf(segment), cancellationToken);
                    if (outcome == WalGetOutcome.Absent)
                        return false;
                    folder.Publish(segment);
                    Interlocked.Increment(ref _laid);
                    return true;
                },
                cancellationToken);
        }
        catch (Exception e) when (e is HighwaterException or IOException or UnauthorizedAccessException)
        {
            LogRefused(e, segment);
            return false;
        }
    }

    [LoggerMessage(6021, LogLevel.Debug, "The segment {Segment} cannot be fetched ahead")]
    private partial void LogRefused(Exception e, WalSegmentName segment);
}
