using Highwater.EmbeddedHost.Hosting;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Http;

/// <summary>Makes the links to an instance that a function hands out.</summary>
internal sealed class ManagementPayload(BoundUrls bound, HostKeys keys)
{
    /// <returns>Null when no HTTP is served.</returns>
    public HttpManagementPayload? For(string instanceId)
    {
        if (bound.Values is not [var url, ..])
        {
            return null;
        }

        var instance = $"{url}{DurableRoutes.Root}/instances/{Uri.EscapeDataString(instanceId)}";
        var code = keys.System is { } key ? $"code={key}" : "";
        var reason = "?reason={{text}}" + (code.Length > 0 ? "&" : "") + code;
        var query = code.Length > 0 ? $"?{code}" : "";

        // Two braces each: the official extension writes them so, and callers replace what they find.
        return new HttpManagementPayload
        {
            Id = instanceId,
            StatusQueryGetUri = instance + query,
            SendEventPostUri = $"{instance}/raiseEvent/{{eventName}}{query}",
            TerminatePostUri = $"{instance}/terminate{reason}",
            PurgeHistoryDeleteUri = instance + query,
            SuspendPostUri = $"{instance}/suspend{reason}",
            ResumePostUri = $"{instance}/resume{reason}",
        };
    }
}
