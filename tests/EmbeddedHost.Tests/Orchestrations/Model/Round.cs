namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>One execution of the program; after it the orchestration continues as new with the next one.</summary>
internal sealed record Round(Step Body, bool KeepEvents);
