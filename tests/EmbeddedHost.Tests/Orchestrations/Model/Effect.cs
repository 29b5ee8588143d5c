namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal readonly record struct Effect(string Tag, int Second);
