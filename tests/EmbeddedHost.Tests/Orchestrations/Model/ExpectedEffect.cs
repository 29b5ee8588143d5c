namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal sealed record ExpectedEffect(Effect Effect, Place Place);
