using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp.BaseBackup;

/// <summary>Starts a base backup on request: <c>POST /api/base-backups</c>.</summary>
public static class BaseBackupHttp
{
    /// <summary>202 with the id of the instance to follow, whether this request started it or it was running.</summary>
    [Function("BaseBackupHttp")]
    public static async Task<IActionResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "base-backups")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        await OrchestrationStarted.StartAsync(client, BaseBackupOrchestration.Name, cancellationToken);
}
