namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>Wakes those who watch an instance when it changes.</summary>
internal sealed class InstanceSignals
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<InstanceWatch>> _watches = [];

    /// <summary>How many instances are watched.</summary>
    public int Watched
    {
        get
        {
            lock (_gate)
            {
                return _watches.Count;
            }
        }
    }

    /// <summary>Watch first, look at the instance then: a change between is not missed.</summary>
    public InstanceWatch Watch(string instanceId)
    {
        var watch = new InstanceWatch(this, instanceId);
        lock (_gate)
        {
            if (!_watches.TryGetValue(instanceId, out var watches))
            {
                _watches[instanceId] = watches = [];
            }

            watches.Add(watch);
        }

        return watch;
    }

    public void Changed(string instanceId)
    {
        lock (_gate)
        {
            _watches.GetValueOrDefault(instanceId)?.ForEach(watch => watch.Signal());
        }
    }

    internal void End(InstanceWatch watch)
    {
        lock (_gate)
        {
            var watches = _watches[watch.InstanceId];
            watches.Remove(watch);
            if (watches.Count == 0)
            {
                _watches.Remove(watch.InstanceId);
            }
        }
    }
}
