namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>
/// What is done from outside, once everything that is due by then is done. No two have the same second.
/// </summary>
internal sealed record DriverAction(int Second, DriverActionKind Kind, string EventName);
