namespace Highwater.EmbeddedHost.Orchestrations;

/// <summary>What a committed step wants done in this process. After a crash the database says the same.</summary>
internal sealed class StepEffects
{
    public List<long> Activities { get; } = [];

    /// <summary>Instances with something in their inbox.</summary>
    public List<string> Ready { get; } = [];

    /// <summary>Instances whose state somebody may be waiting for.</summary>
    public List<string> Changed { get; } = [];

    /// <summary>The earliest timer that was set.</summary>
    public DateTimeOffset? NextTimer { get; private set; }

    public void Timer(DateTimeOffset due) => NextTimer = NextTimer is { } earlier && earlier < due ? earlier : due;
}
