namespace Highwater.Tidy.Tests.Infra;

/// <summary>Something every Dockerfile keeps, with an example that does not.</summary>
internal sealed record DockerRule(string Name, Func<Dockerfile, IEnumerable<string>> Check, string BadExample);
