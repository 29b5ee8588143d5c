using System.Threading.Channels;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>Somebody who waits for an instance to change. Disposed of, it is forgotten.</summary>
internal sealed class InstanceWatch(InstanceSignals signals, string instanceId) : IDisposable
{
    // Room for one: any number of changes that nobody has looked at yet are one reason to look.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public string InstanceId => instanceId;

    /// <summary>Ends when the instance has changed since this ended the last time.</summary>
    public async Task ChangedAsync(CancellationToken cancellation) => await _changed.Reader.ReadAsync(cancellation);

    public void Dispose() => signals.End(this);

    internal void Signal() => _changed.Writer.TryWrite(true);
}
