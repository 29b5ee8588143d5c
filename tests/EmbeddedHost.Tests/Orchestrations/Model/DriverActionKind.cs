namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal enum DriverActionKind
{
    Raise,
    Suspend,
    Resume,
    Restart,
    Terminate,
    TerminateWithSubs,
}
