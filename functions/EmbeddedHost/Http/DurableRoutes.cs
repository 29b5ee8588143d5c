using System.Text.Json;
using DurableTask.Core.Exceptions;
using Highwater.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The Durable HTTP API: starting instances, and commands to one of them.</summary>
internal sealed class DurableRoutes(DurableTaskClient client, FunctionIndex functions)
{
    public const string Root = "/runtime/webhooks/durabletask";

    public void Map(IEndpointRouteBuilder routes, KeyCheck keys)
    {
        var group = routes.MapGroup(Root).AddEndpointFilter(keys.Filter);
        new InstanceQueries(client).Map(group);
        group.MapPost("/orchestrators/{functionName}/{instanceId?}", StartAsync);
        group.MapPost("/instances/{id}/raiseEvent/{eventName}", RaiseAsync);
        group.MapPost("/instances/{id}/terminate", (string id, string? reason, CancellationToken cancellation) =>
            CommandAsync(id, () => client.TerminateInstanceAsync(id, (object?)reason, cancellation), cancellation));
        group.MapPost("/instances/{id}/suspend", (string id, string? reason, CancellationToken cancellation) =>
            CommandAsync(id, () => client.SuspendInstanceAsync(id, reason, cancellation), cancellation));
        group.MapPost("/instances/{id}/resume", (string id, string? reason, CancellationToken cancellation) =>
            CommandAsync(id, () => client.ResumeInstanceAsync(id, reason, cancellation), cancellation));
    }

    private async Task<IResult> StartAsync(
        string functionName, string? instanceId, HttpRequest request, CancellationToken cancellation)
    {
        if (functions.Find(FunctionKind.Orchestration, functionName) is null)
        {
            return Results.BadRequest(new HttpError(
                $"The function '{functionName}' doesn't exist, is disabled, or is not an orchestrator function."));
        }

        if (!TryParse(await TextAsync(request, cancellation), out var input))
        {
            return Results.BadRequest(new HttpError("Invalid JSON in the body of the request"));
        }

        try
        {
            var id = await client.ScheduleNewOrchestrationInstanceAsync(
                functionName, input, new StartOrchestrationOptions(instanceId), cancellation);
            request.HttpContext.Response.Headers.RetryAfter = "10";
            return Results.Accepted(ManagementLinks.InstanceUrl(request, id), ManagementLinks.For(request, id));
        }
        catch (OrchestrationAlreadyExistsException e)
        {
            return Results.Json(HttpError.From(e), statusCode: StatusCodes.Status500InternalServerError);
        }
    }

    private async Task<IResult> RaiseAsync(
        string id, string eventName, HttpRequest request, CancellationToken cancellation)
    {
        if (!request.HasJsonContentType())
        {
            return Results.BadRequest(new HttpError("Only application/json request content is supported"));
        }

        return TryParse(await TextAsync(request, cancellation), out var payload)
            ? await CommandAsync(id, () => client.RaiseEventAsync(id, eventName, payload, cancellation), cancellation)
            : Results.BadRequest(new HttpError("Invalid JSON in the body of the request"));
    }

    private async Task<IResult> CommandAsync(string id, Func<Task> command, CancellationToken cancellation)
    {
        if (await client.GetInstanceAsync(id, cancellation) is not { } instance)
        {
            return Results.NotFound();
        }

        try
        {
            if (!instance.IsCompleted)
            {
                await command();
                return Results.Accepted();
            }
        }
        catch (InvalidOperationException)
        {
            // It finished since it was looked at: gone, as if it had been looked at later.
            return Results.StatusCode(StatusCodes.Status410Gone);
        }

        return Results.StatusCode(StatusCodes.Status410Gone);
    }

    private static async Task<string> TextAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync(cancellation);
    }

    private static bool TryParse(string text, out JsonElement? json)
    {
        json = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        try
        {
            json = JsonSerializer.Deserialize<JsonElement>(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
