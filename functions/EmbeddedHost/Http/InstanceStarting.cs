using Highwater.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The Durable HTTP API: starting an instance, and starting one again.</summary>
internal sealed class InstanceStarting(
    DurableTaskClient client, FunctionIndex functions, EmbeddedHostOptions options, HostKeys keys)
{
    private const string SecondsUntilNextQuestion = "10";

    public void Map(IEndpointRouteBuilder group, CancellationToken stopping)
    {
        group.MapPost(
            "/orchestrators/{functionName}/{instanceId?}",
            (string functionName, string? instanceId, HttpRequest request, CancellationToken cancellation) =>
                StartAsync(functionName, instanceId, request, stopping, cancellation));
        group.MapPost("/instances/{id}/restart", (string id, HttpRequest request, CancellationToken cancellation) =>
            RestartAsync(id, request, stopping, cancellation));
    }

    private async Task<IResult> StartAsync(
        string functionName,
        string? instanceId,
        HttpRequest request,
        CancellationToken stopping,
        CancellationToken cancellation)
    {
        var timeout = Timeout(request);
        RequireOrchestration(functionName);
        var input = await request.JsonAsync(cancellation);
        var id = await client.ScheduleNewOrchestrationInstanceAsync(
            functionName, input, new StartOrchestrationOptions(instanceId), cancellation);
        return await AnswerAsync(id, timeout, request, stopping, cancellation);
    }

    private async Task<IResult> RestartAsync(
        string id, HttpRequest request, CancellationToken stopping, CancellationToken cancellation)
    {
        var timeout = Timeout(request);
        if (await client.GetInstanceAsync(id, cancellation) is null)
        {
            return Results.NotFound();
        }

        var isNewId = request.Flag("restartWithNewInstanceId", missing: true);
        string newId;
        try
        {
            newId = await client.RestartAsync(id, isNewId, cancellation);
        }
        catch (InvalidOperationException e)
        {
            return HttpErrors.Conflict(e);
        }

        return await AnswerAsync(newId, timeout, request, stopping, cancellation);
    }

    /// <summary>
    /// How long the caller is willing to wait for the end. The polling interval is read to be checked alone: who waits
    /// here is woken, and polls nothing.
    /// </summary>
    private static TimeSpan? Timeout(HttpRequest request)
    {
        request.Seconds("pollingInterval");
        return request.Seconds("timeout");
    }

    private void RequireOrchestration(string name)
    {
        if (functions.Find(FunctionKind.Orchestration, name) is null)
        {
            throw new ArgumentException(
                $"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function.");
        }
    }

    private async Task<IResult> AnswerAsync(
        string id, TimeSpan? timeout, HttpRequest request, CancellationToken stopping, CancellationToken cancellation)
    {
        if (timeout is { } longest && await EndAsync(id, longest, stopping, cancellation) is { } ended)
        {
            var status = InstanceStatus.From(ended, showInput: true);
            return ended.RuntimeStatus == OrchestrationRuntimeStatus.Completed
                ? Results.Json(status.Output, InstanceStatus.Json)
                : Results.Json(status, InstanceStatus.Json);
        }

        var links = ManagementLinks.For(request, id, options.TaskHub, keys.System);
        request.HttpContext.Response.Headers.RetryAfter = SecondsUntilNextQuestion;
        return Results.Accepted(links.StatusQueryGetUri, links);
    }

    /// <returns>Null when it has not ended in time, or the host stops.</returns>
    private async Task<OrchestrationMetadata?> EndAsync(
        string id, TimeSpan timeout, CancellationToken stopping, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        waiting.CancelAfter(timeout);
        try
        {
            return await client.WaitForInstanceCompletionAsync(id, true, waiting.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
