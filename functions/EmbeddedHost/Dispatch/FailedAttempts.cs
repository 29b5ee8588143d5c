using System.Collections.Concurrent;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>
/// Work that failed rests here until it is tried again, longer each time. It keeps no worker meanwhile, and what
/// arrives for it does not wake it early.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="again">Gives the work back to the workers.</param>
internal sealed class FailedAttempts<TKey>(TimeProvider time, Action<TKey> again)
    where TKey : notnull
{
    /// <summary>What failed so often is given up, unless it was the database that failed.</summary>
    public const int Limit = 5;

    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<TKey, (int Count, bool Rests)> _failed = new();

    public bool IsResting(TKey key) => _failed.TryGetValue(key, out var failed) && failed.Rests;

    /// <summary>It went well, or is given up.</summary>
    public void Forget(TKey key) => _failed.TryRemove(key, out _);

    /// <returns>How often it has failed, this time included.</returns>
    public int Count(TKey key) => _failed.AddOrUpdate(key, (1, false), (_, failed) => (failed.Count + 1, false)).Count;

    /// <summary>How long it rests after that many failures: 1, 2, 4 and 8 seconds.</summary>
    public static TimeSpan RestAfter(int failures) => FirstRest * (1 << (failures - 1));

    public void Rest(TKey key, TimeSpan pause, CancellationToken stopping)
    {
        _failed.AddOrUpdate(key, (0, true), (_, failed) => (failed.Count, true));
        _ = WakeAsync(key, pause, stopping);
    }

    private async Task WakeAsync(TKey key, TimeSpan pause, CancellationToken stopping)
    {
        await Task.WhenAny(Task.Delay(pause, time, stopping));
        if (!stopping.IsCancellationRequested)
        {
            _failed.AddOrUpdate(key, (0, false), (_, failed) => (failed.Count, false));
            again(key);
        }
    }
}
