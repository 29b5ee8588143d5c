using Highwater.EmbeddedHost.Client;
using Microsoft.DurableTask.Client;

namespace Microsoft.Azure.Functions.Worker;

public static class DurableTaskClientExtensions
{
    /// <summary>
    /// Links to an instance, at the address that this host serves. They carry the key of the Durable HTTP API, if
    /// there is one: whoever has them may act on every instance.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client's host serves no HTTP.</exception>
    public static HttpManagementPayload CreateHttpManagementPayload(this DurableTaskClient client, string instanceId)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        return (client as EmbeddedDurableTaskClient)?.ManagementPayload(instanceId)
            ?? throw new InvalidOperationException("The host of this client serves no HTTP: there is nothing to link.");
    }
}
