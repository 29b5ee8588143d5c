using Grpc.Core;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>
/// What a command to an instance fails with. The official client speaks gRPC to its host and lets that show, so code
/// written for it catches these types and reads these statuses.
/// </summary>
internal static class InstanceErrors
{
    public static RpcException NotFound(string instanceId) => new(new Status(
        StatusCode.NotFound, $"No instance with ID '{instanceId}' was found. (Parameter 'instanceId')"));

    public static RpcException Finished(string instanceId, string intent, OrchestrationRuntimeStatus status) =>
        new(new Status(
            StatusCode.FailedPrecondition,
            $"InvalidOperationException: Cannot {intent} the orchestration instance {instanceId} because instance is "
            + $"in the {status} state."));

    /// <summary>For the commands that came later, whose callers see no gRPC.</summary>
    public static ArgumentException Unknown(string instanceId) =>
        new($"An orchestration with the instanceId {instanceId} was not found.");
}
