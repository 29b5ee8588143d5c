using Microsoft.AspNetCore.Http;

namespace Highwater.EmbeddedHost.Http;

/// <summary>Where a new instance can be asked after and acted on.</summary>
internal sealed record ManagementLinks(
    string Id,
    string StatusQueryGetUri,
    string SendEventPostUri,
    string TerminatePostUri,
    string PurgeHistoryDeleteUri,
    string RestartPostUri,
    string SuspendPostUri,
    string ResumePostUri)
{
    /// <param name="request">The links lead back to where it came.</param>
    /// <param name="instanceId">The instance.</param>
    /// <param name="taskHub">The name of the hub, as the links carry it under the Azure Functions host.</param>
    /// <param name="systemKey">What callers of the links need; null when they need nothing.</param>
    public static ManagementLinks For(HttpRequest request, string instanceId, string taskHub, string? systemKey)
    {
        var root = $"{request.Scheme}://{request.Host}{DurableRoutes.Root}";
        var instance = $"{root}/instances/{Uri.EscapeDataString(instanceId)}";
        var hub = $"taskHub={Uri.EscapeDataString(taskHub)}&connection=Storage";
        var query = systemKey is null ? hub : $"{hub}&code={systemKey}";
        return new ManagementLinks(
            instanceId,
            $"{instance}?{query}",
            $"{instance}/raiseEvent/{{eventName}}?{query}",
            $"{instance}/terminate?reason={{text}}&{query}",
            $"{instance}?{query}",
            $"{instance}/restart?{query}",
            $"{instance}/suspend?reason={{text}}&{query}",
            $"{instance}/resume?reason={{text}}&{query}");
    }
}
