namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal enum StepKind
{
    Activity,
    Timer,
    Event,
    Status,
    Fail,
    Sequence,
    Parallel,
    Try,
    Sub,
}
