namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>
/// Matches raised events with the code that waits for them, by name without regard to case. Events that nobody waits
/// for yet are kept, in order.
/// </summary>
internal sealed class ExternalEvents(EpisodePump pump)
{
    private readonly Dictionary<string, List<TaskCompletionSource<string?>>> _waiting =
        new(StringComparer.OrdinalIgnoreCase);

    private readonly List<(string Name, string? Data)> _kept = [];

    public bool AnyWaiting => _waiting.Values.Any(waiters => waiters.Count > 0);

    /// <summary>Raised and not yet waited for.</summary>
    public IReadOnlyList<(string Name, string? Data)> Kept => _kept;

    public Task<string?> Wait(string name, CancellationToken cancellation)
    {
        var kept = _kept.FindIndex(entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase));
        if (kept >= 0)
        {
            var data = _kept[kept].Data;
            _kept.RemoveAt(kept);
            return Task.FromResult(data);
        }

        var waiter = new TaskCompletionSource<string?>();
        var waiters = _waiting.TryGetValue(name, out var list) ? list : _waiting[name] = [];
        waiters.Add(waiter);
        pump.OnCancelled(
            () =>
            {
                waiters.Remove(waiter);
                waiter.TrySetCanceled(cancellation);
            },
            cancellation);
        return waiter.Task;
    }

    public void Raise(string name, string? data)
    {
        if (_waiting.TryGetValue(name, out var waiters) && waiters.Count > 0)
        {
            var newest = waiters[^1];
            waiters.RemoveAt(waiters.Count - 1);
            newest.TrySetResult(data);
            return;
        }

        _kept.Add((name, data));
    }
}
