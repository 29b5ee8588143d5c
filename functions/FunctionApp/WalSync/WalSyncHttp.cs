using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.WalSync;

/// <summary>Starts a WAL sync on request: <c>POST /api/wal-syncs</c>.</summary>
public static class WalSyncHttp
{
    /// <summary>202 with the id of the instance to follow, whether this request started it or it was running.</summary>
    [Function("WalSyncHttp")]
    public static async Task<IActionResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "wal-syncs")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        await OrchestrationStarted.StartAsync(client, WalSyncOrchestration.Name, cancellationToken);
}
