using System.Reflection;
using System.Text.Json;
using Highwater.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The admin API: the host's state, and running a function by hand.</summary>
internal sealed class AdminRoutes(
    FunctionIndex functions, FunctionByHand byHand, FunctionListing listing, HostKeys keys, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private readonly string _version =
        typeof(AdminRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";

    public void Map(IEndpointRouteBuilder routes, CancellationToken stopping)
    {
        routes.MapGet("/ping", () => Results.Ok());
        routes.MapGet("/admin/host/ping", () => Results.Ok());
        var group = routes.MapGroup("/admin").AddEndpointFilter(keys.Require(AuthorizationLevel.Admin));
        group.MapGet("/host/status", () => Results.Json(new
        {
            id = $"{Environment.MachineName}-{Environment.ProcessId}",
            state = stopping.IsCancellationRequested ? "Stopping" : "Running",
            version = _version,
            processUptime = (long)time.GetElapsedTime(_started).TotalMilliseconds,
        }));
        group.MapGet("/functions", (HttpRequest request) => Results.Json(listing.All(request)));
        group.MapGet("/functions/{name}", (string name, HttpRequest request) =>
            listing.Find(name, request) is { } function ? Results.Json(function) : Results.NotFound());
        group.MapPost("/functions/{name}", (string name, HttpRequest request, CancellationToken cancellation) =>
            RunAsync(name, request, stopping, cancellation));
    }

    private async Task<IResult> RunAsync(
        string name, HttpRequest request, CancellationToken stopping, CancellationToken cancellation)
    {
        if (functions.Find(name) is not { } entry)
        {
            return Results.NotFound();
        }

        if (!request.HasJsonContentType())
        {
            return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        }

        JsonElement? body;
        try
        {
            body = await request.JsonAsync(cancellation);
        }
        catch (JsonException)
        {
            return Results.BadRequest();
        }

        if (!TryInput(body, out var input))
        {
            return Results.BadRequest();
        }

        byHand.Start(entry, input, stopping);
        return Results.Accepted();
    }

    private static bool TryInput(JsonElement? body, out string? input)
    {
        input = null;
        if (body is not { ValueKind: JsonValueKind.Object } json || !json.TryGetProperty("input", out var value))
        {
            return body is { ValueKind: JsonValueKind.Object };
        }

        input = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
        return value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array);
    }
}
