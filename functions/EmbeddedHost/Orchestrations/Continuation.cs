namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>The wish of an orchestration to begin anew.</summary>
internal sealed record Continuation(string? Input, bool KeepEvents);
