namespace Highwater.EmbeddedHost.Timers;

/// <summary>When a timer function is due. Its text says so to an operator.</summary>
internal interface ISchedule
{
    /// <summary>The first occurrence after the moment, never the moment itself.</summary>
    DateTimeOffset Next(DateTimeOffset after);
}
