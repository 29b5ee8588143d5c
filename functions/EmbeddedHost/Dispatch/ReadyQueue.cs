using System.Threading.Channels;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>
/// Instances that have something in their inbox. One instance is never given to two readers at a time; what arrives
/// while it is being worked on brings it back once.
/// </summary>
internal sealed class ReadyQueue
{
    private readonly Lock _gate = new();
    private readonly Channel<string> _channel = Channel.CreateUnbounded<string>();
    private readonly HashSet<string> _waiting = [];
    private readonly HashSet<string> _running = [];

    public void Add(string instanceId)
    {
        lock (_gate)
        {
            if (_waiting.Add(instanceId) && !_running.Contains(instanceId))
            {
                _channel.Writer.TryWrite(instanceId);
            }
        }
    }

    /// <summary>The next instance; <see cref="Done"/> has to follow.</summary>
    public async Task<string> TakeAsync(CancellationToken cancellation)
    {
        var instanceId = await _channel.Reader.ReadAsync(cancellation);
        lock (_gate)
        {
            _waiting.Remove(instanceId);
            _running.Add(instanceId);
        }

        return instanceId;
    }

    public void Done(string instanceId)
    {
        lock (_gate)
        {
            _running.Remove(instanceId);
            if (_waiting.Contains(instanceId))
            {
                _channel.Writer.TryWrite(instanceId);
            }
        }
    }
}
