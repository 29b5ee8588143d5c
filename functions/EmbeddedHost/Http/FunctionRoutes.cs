using Highwater.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The app's HTTP functions, under <c>/api</c> unless <c>host.json</c> says otherwise.</summary>
internal sealed class FunctionRoutes(
    FunctionIndex functions,
    FunctionInvoker invoker,
    EmbeddedHostOptions options,
    HostKeys keys,
    IConfiguration configuration,
    ILogger<FunctionRoutes> log)
{
    private static readonly string[] AnyMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    public void Map(IEndpointRouteBuilder routes, CancellationToken stopping)
    {
        foreach (var entry in functions.Of(FunctionKind.Http).Where(entry => !entry.IsDisabled(configuration)))
        {
            var trigger = (HttpTriggerAttribute)entry.Trigger;
            var methods = trigger.Methods is { Length: > 0 } given ? given : AnyMethod;
            routes.MapMethods(
                RouteOf(entry, options.RoutePrefix),
                methods.Select(method => method.ToUpperInvariant()),
                context => ServeAsync(entry, trigger, context, stopping));
        }
    }

    /// <summary>The template of the path, beginning with a slash.</summary>
    public static string RouteOf(FunctionEntry entry, string prefix)
    {
        var route = (((HttpTriggerAttribute)entry.Trigger).Route ?? entry.Name).TrimStart('/');
        return prefix.Length == 0 ? $"/{route}" : $"/{prefix}/{route}";
    }

    private async Task ServeAsync(
        FunctionEntry entry, HttpTriggerAttribute trigger, HttpContext http, CancellationToken stopping)
    {
        if (keys.Refuses(http.Request, trigger.AuthLevel) is { } status)
        {
            HostKeys.Refuse(http.Response, status);
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
#pragma warning disable CA1031 // The caller sees that it failed, the log sees why.
        catch (Exception e) when (e is not BadHttpRequestException
            && !http.Response.HasStarted && !cancelled.IsCancellationRequested)
#pragma warning restore CA1031
        {
            HttpLog.FunctionFailed(log, entry.Name, e);
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
    }
}
