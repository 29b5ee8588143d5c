using Microsoft.AspNetCore.Mvc;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp;

/// <summary>The answer to a request to start an orchestration.</summary>
/// <param name="InstanceId">Follow it under <c>/runtime/webhooks/durabletask/instances/{InstanceId}</c>.</param>
/// <param name="Started">False if it was running already.</param>
public sealed record OrchestrationStarted(string InstanceId, bool Started)
{
    /// <summary>Starts the orchestration unless it runs, and answers 202 in either case.</summary>
    public static async Task<IActionResult> StartAsync(
        DurableTaskClient client, string name, CancellationToken cancellationToken)
    {
        var started = await SingletonOrchestration.TryStartAsync(client, name, cancellationToken);
        return new AcceptedResult(
            $"/runtime/webhooks/durabletask/instances/{name}", new OrchestrationStarted(name, started));
    }
}
