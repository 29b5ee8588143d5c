using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>What is outside of all processes: the time, and what activities did.</summary>
internal sealed class World
{
    public FakeTimeProvider Time { get; } = new(ScenarioRun.Start);

    public int Second => (int)(Time.GetUtcNow() - ScenarioRun.Start).TotalSeconds;

    /// <summary>In the order they came; written under a lock on this.</summary>
    public List<Effect> Effects { get; } = [];
}
