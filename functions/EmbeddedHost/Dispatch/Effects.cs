using System.Threading.Channels;
using Highwater.EmbeddedHost.Orchestrations;

namespace Highwater.EmbeddedHost.Dispatch;

/// <summary>Where the consequences of a committed step go in this process.</summary>
internal sealed class Effects(ReadyQueue ready, InstanceSignals signals, DurableTimers timers)
{
    private readonly Channel<long> _activities = Channel.CreateUnbounded<long>();

    /// <summary>Ids of activities to run.</summary>
    public ChannelReader<long> Activities => _activities.Reader;

    public void Queue(long activityId) => _activities.Writer.TryWrite(activityId);

    public void Apply(StepEffects effects)
    {
        foreach (var id in effects.Activities)
        {
            Queue(id);
        }

        foreach (var instanceId in effects.Ready)
        {
            ready.Add(instanceId);
        }

        foreach (var instanceId in effects.Changed)
        {
            signals.Changed(instanceId);
        }

        if (effects.NextTimer is { } due)
        {
            timers.DueAt(due);
        }
    }
}
