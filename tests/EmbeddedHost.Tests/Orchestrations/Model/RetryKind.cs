namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

internal enum RetryKind
{
    Policy,

    /// <summary>A handler that only counts.</summary>
    Handler,

    /// <summary>A handler that waits for a durable timer before it answers.</summary>
    PausingHandler,
}
