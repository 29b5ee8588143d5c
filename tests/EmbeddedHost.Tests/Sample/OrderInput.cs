namespace Highwater.EmbeddedHost.Tests.Sample;

internal sealed record OrderInput(string Name, int Items);
