using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The Durable HTTP API: commands to one instance.</summary>
internal sealed class InstanceCommandRoutes(DurableTaskClient client)
{
    public void Map(IEndpointRouteBuilder group)
    {
        group.MapPost("/instances/{id}/raiseEvent/{eventName}", RaiseAsync);
        group.MapPost("/instances/{id}/terminate", (string id, string? reason, CancellationToken cancellation) =>
            CommandAsync(id, () => client.TerminateInstanceAsync(id, (object?)reason, cancellation), cancellation));
        group.MapPost("/instances/{id}/suspend", (string id, string? reason, CancellationToken cancellation) =>
            CommandAsync(id, () => client.SuspendInstanceAsync(id, reason, cancellation), cancellation));
        group.MapPost("/instances/{id}/resume", (string id, string? reason, CancellationToken cancellation) =>
            CommandAsync(id, () => client.ResumeInstanceAsync(id, reason, cancellation), cancellation));
        group.MapPost("/instances/{id}/rewind", RewindAsync);
    }

    private async Task<IResult> RaiseAsync(
        string id, string eventName, HttpRequest request, CancellationToken cancellation)
    {
        if (await RefusalAsync(id, cancellation) is { } refusal)
        {
            return refusal;
        }

        if (!request.HasJsonContentType())
        {
            return Results.BadRequest(new HttpError("Only application/json request content is supported"));
        }

        var payload = await request.JsonAsync(cancellation);
        await client.RaiseEventAsync(id, eventName, payload, cancellation);
        return Results.Accepted();
    }

    private async Task<IResult> CommandAsync(string id, Func<Task> command, CancellationToken cancellation)
    {
        if (await RefusalAsync(id, cancellation) is { } refusal)
        {
            return refusal;
        }

        await command();
        return Results.Accepted();
    }

    private async Task<IResult> RewindAsync(string id, string? reason, CancellationToken cancellation)
    {
        if (await client.GetInstanceAsync(id, cancellation) is not { } instance)
        {
            return Results.NotFound();
        }

        if (instance.RuntimeStatus is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Terminated)
        {
            return Results.StatusCode(StatusCodes.Status410Gone);
        }

        try
        {
            await client.RewindInstanceAsync(id, reason ?? "", cancellation);
            return Results.Accepted();
        }
        catch (InvalidOperationException e)
        {
            return HttpErrors.Conflict(e);
        }
    }

    private async Task<IResult?> RefusalAsync(string id, CancellationToken cancellation) =>
        await client.GetInstanceAsync(id, cancellation) switch
        {
            null => Results.NotFound(),
            { IsCompleted: true } => Results.StatusCode(StatusCodes.Status410Gone),
            _ => null,
        };
}
