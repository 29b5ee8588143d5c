using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.FunctionApp;

/// <summary>Starts orchestrations that have at most one live instance, whose id is the orchestration's name.</summary>
public static class SingletonOrchestration
{
    /// <summary>Starts it unless it runs already. Of two callers that race, one starts it and both learn the same
    /// id.</summary>
    /// <returns>Whether this call started it.</returns>
    public static async Task<bool> TryStartAsync(
        DurableTaskClient client, string name, CancellationToken cancellationToken)
    {
        if (await IsLiveAsync(client, name, cancellationToken))
            return false;
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(
                name, null, new StartOrchestrationOptions(InstanceId: name), cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Hosts differ in the exception for an id in use; what counts is whether another caller started it.
            if (await IsLiveAsync(client, name, cancellationToken))
                return false;
            throw;
        }
    }

    private static async Task<bool> IsLiveAsync(
        DurableTaskClient client, string name, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(name, cancellationToken) is { IsCompleted: false };
}
