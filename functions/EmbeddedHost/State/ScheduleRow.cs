namespace Highwater.EmbeddedHost.State;

/// <summary>What is remembered of a timer function between processes.</summary>
internal sealed record ScheduleRow(DateTimeOffset Last, DateTimeOffset Next, DateTimeOffset Updated)
{
    public bool HasRun => Last != DateTimeOffset.MinValue;
}
