using Highwater.Engine.Postgres;
using Microsoft.Extensions.Logging;

namespace Highwater.Engine.Restore.Prefetch;

/// <summary>
/// Fetches the segments that recovery will ask for next, while it replays those it has. It serves one data directory
/// until recovery is over or stands still, or the repositories give no more; killed at any moment it leaves nothing
/// that could mislead recovery, and whoever comes next clears up.
/// </summary>
/// <param name="fetch">Where segments come from.</param>
/// <param name="folder">Where they are laid.</param>
/// <param name="isRecovering">Whether anybody may still want them; see <see cref="RecoveryWatch"/>.</param>
/// <param name="limits">How many.</param>
/// <param name="clock">For pauses.</param>
/// <param name="logger">Told why it ended.</param>
public sealed partial class PrefetchWal(
    FetchWal fetch, PrefetchFolder folder, Func<bool> isRecovering, PrefetchLimits limits, TimeProvider clock,
    ILogger<PrefetchWal> logger)
{
    // wal-get takes the lock for an instant to see whether it is free.
    private const int LockAttempts = 10;

    /// <summary>
    /// Runs to the end. The folder is gone afterwards, unless somebody has just asked for more.
    /// </summary>
    /// <returns>How many segments were laid ready; 0 also if another process does it already.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var held = await HoldAsync(cancellationToken);
        if (held is null)
            return 0;
        try
        {
            if (folder.ReadRequest() is not { } request)
                return 0;
            folder.RemoveDrafts();
            await using var fetches = new PrefetchFetches(fetch, folder, logger);
            await ServeAsync(request, fetches, cancellationToken);
            await fetches.StopAsync();
            return fetches.Laid;
        }
        finally
        {
            Clear();
        }
    }

    private async Task<IDisposable?> HoldAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (folder.TryHold() is { } held)
                return held;
            if (attempt == LockAttempts)
                return null;
            await Task.Delay(limits.Pause, clock, cancellationToken);
        }
    }

    private async Task ServeAsync(
        PrefetchRequest request, PrefetchFetches fetches, CancellationToken cancellationToken)
    {
        var window = new PrefetchWindow(request, limits);
        var lastSign = clock.GetTimestamp();
        while (isRecovering() && !window.IsExhausted && clock.GetElapsedTime(lastSign) < limits.IdleLimit)
        {
            var wasNext = window.Next;
            if (folder.ReadRequest() is { } news && news != request)
            {
                request = news;
                lastSign = clock.GetTimestamp();
                if (!window.TryMoveTo(request))
                    await fetches.StopAsync();
            }

            Compare(window);
            Begin(window, fetches);
            await fetches.AnyAsync(Task.Delay(limits.Pause, clock, cancellationToken));
            await HarvestAsync(window, fetches);
            if (window.Next != wasNext)
                lastSign = clock.GetTimestamp();
        }

        LogEnded(fetches.Laid, window.Next, window.IsExhausted);
    }

    /// <summary>Learns from the folder what has been taken, and removes what nobody will take.</summary>
    private void Compare(PrefetchWindow window)
    {
        var there = folder.List();
        foreach (var taken in window.Ready.Except(there).ToList())
            window.Take(taken);
        foreach (var segment in there)
        {
            if (window.Contains(segment))
                window.Finish(segment);
            else
                folder.Remove(segment);
        }
    }

    private void Begin(PrefetchWindow window, PrefetchFetches fetches)
    {
        foreach (var segment in window.Wanted())
        {
            // What is under way has not taken its room yet.
            if (folder.FreeBytes() - ((fetches.Count + 1) * window.SegmentBytes) < limits.SpareBytes)
            {
                window.Refuse(segment);
                return;
            }

            window.Begin(segment);
            fetches.Begin(segment);
        }
    }

    private static async Task HarvestAsync(PrefetchWindow window, PrefetchFetches fetches)
    {
        foreach (var (segment, isReady) in await fetches.HarvestAsync())
        {
            if (isReady)
                window.Finish(segment);
            else
                window.Refuse(segment);
        }
    }

    private void Clear()
    {
        try
        {
            folder.Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotCleared(e);
        }
    }

    [LoggerMessage(6022, LogLevel.Debug,
        "Fetched {Laid} segments ahead; recovery is at {Next}, the repositories gave no more: {IsExhausted}")]
    private partial void LogEnded(int laid, WalSegmentName next, bool isExhausted);

    [LoggerMessage(6023, LogLevel.Warning, "What was fetched ahead could not be removed")]
    private partial void LogNotCleared(Exception e);
}
