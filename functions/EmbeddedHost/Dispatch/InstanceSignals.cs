using System.Collections.Concurrent;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>Wakes those who wait for an instance to change.</summary>
internal sealed class InstanceSignals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new();

    /// <summary>
    /// Ends at the next change. Take it first, look at the instance then: a change between is not missed.
    /// </summary>
    public Task NextChange(string instanceId) => _waiting.GetOrAdd(
        instanceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Changed(string instanceId)
    {
        if (_waiting.TryRemove(instanceId, out var signal))
        {
            signal.TrySetResult();
        }
    }
}
