namespace Highwater.EmbeddedHost.State;

/// <summary>An event that waits in an orchestration's inbox for the next run of its code.</summary>
internal sealed record Message(long Id, HistoryEvent Event);
