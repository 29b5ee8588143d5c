using Microsoft.AspNetCore.Http;

namespace Highwater.EmbeddedHost.Http;

/// <summary>Where a new instance can be asked after and acted on.</summary>
internal sealed record ManagementLinks(
    string Id,
    string StatusQueryGetUri,
    string SendEventPostUri,
    string TerminatePostUri,
    string PurgeHistoryDeleteUri,
    string SuspendPostUri,
    string ResumePostUri)
{
    public static ManagementLinks For(HttpRequest request, string instanceId)
    {
        var instance = InstanceUrl(request, instanceId);
        return new ManagementLinks(
            instanceId,
            instance,
            instance + "/raiseEvent/{eventName}",
            instance + "/terminate?reason={text}",
            instance,
            instance + "/suspend?reason={text}",
            instance + "/resume?reason={text}");
    }

    public static string InstanceUrl(HttpRequest request, string instanceId) =>
        $"{request.Scheme}://{request.Host}{DurableRoutes.Root}/instances/{Uri.EscapeDataString(instanceId)}";
}
