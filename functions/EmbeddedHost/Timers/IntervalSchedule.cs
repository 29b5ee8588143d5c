namespace Highwater.EmbeddedHost.Timers;

/// <summary>Again and again after the same time.</summary>
internal sealed class IntervalSchedule(TimeSpan interval) : ISchedule
{
    public DateTimeOffset Next(DateTimeOffset after) => after + interval;
}
