using Highwater.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The app's HTTP functions under <c>/api</c>.</summary>
internal sealed class FunctionRoutes(FunctionIndex functions, FunctionInvoker invoker, ILogger<FunctionRoutes> log)
{
    private static readonly string[] AnyMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    public void Map(IEndpointRouteBuilder routes, KeyCheck keys, CancellationToken stopping)
    {
        foreach (var entry in functions.Of(FunctionKind.Http))
        {
            var trigger = (HttpTriggerAttribute)entry.Trigger;
            var methods = trigger.Methods is { Length: > 0 } given ? given : AnyMethod;
            routes.MapMethods(
                "/api/" + (trigger.Route ?? entry.Name).TrimStart('/'),
                methods.Select(method => method.ToUpperInvariant()),
                context => ServeAsync(entry, trigger, keys, context, stopping));
        }
    }

    private async Task ServeAsync(
        FunctionEntry entry, HttpTriggerAttribute trigger, KeyCheck keys, HttpContext http, CancellationToken stopping)
    {
        if (trigger.AuthLevel != AuthorizationLevel.Anonymous && !keys.Passes(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            var body = await HttpArguments.ReadBodyAsync(entry, http.Request, cancelled.Token);
            await using var invocation = invoker.Begin(
                entry,
                (parameter, _) => HttpArguments.Value(parameter, entry, http, body),
                http.Request.RouteValues.ToDictionary(pair => pair.Key, pair => pair.Value),
                cancelled.Token);
            invocation.Context.Items[typeof(HttpContext)] = http;
            await HttpAnswer.WriteAsync(http, await invocation.RunAsync());
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = e.StatusCode;
            await http.Response.WriteAsJsonAsync(new HttpError(e.Message), cancelled.Token);
        }
#pragma warning disable CA1031 // The caller sees that it failed, the log sees why.
        catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            HttpLog.FunctionFailed(log, entry.Name, e);
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }
}
