namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal enum StepKind
{
    Activity,

    /// <summary>An activity that nobody waits for.</summary>
    Forgotten,
    Timer,
    Event,
    Status,
    Fail,
    Sequence,
    Parallel,
    Try,
    Sub,
}
