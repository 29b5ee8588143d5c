namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>Gives each step of a program a name of its own, and each event that has none yet.</summary>
internal sealed class Naming
{
    private int _next;

    /// <summary>The events the program waits for.</summary>
    public List<string> Events { get; } = [];

    public Step Give(Step step)
    {
        var named = step with
        {
            Tag = step.Tag.Length > 0 ? step.Tag : $"{step.Kind.ToString().ToLowerInvariant()}{_next++}",
            Steps = [.. step.Steps.Select(Give)],
        };
        if (step.Kind == StepKind.Event)
        {
            Events.Add(named.Tag);
        }

        return named;
    }
}
