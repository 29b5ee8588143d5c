using System.Text.Json;
using System.Text.Json.Nodes;
using Highwater.EmbeddedHost.Functions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The functions of the app as the admin API describes them.</summary>
internal sealed class FunctionListing(
    FunctionIndex functions, EmbeddedHostOptions options, IConfiguration configuration)
{
    public JsonArray All(HttpRequest request) =>
        new([.. functions.All.OrderBy(entry => entry.Name, StringComparer.Ordinal)
            .Select(entry => Describe(entry, request))]);

    public JsonNode? Find(string name, HttpRequest request) =>
        functions.Find(name) is { } entry ? Describe(entry, request) : null;

    private JsonObject Describe(FunctionEntry entry, HttpRequest request)
    {
        var origin = $"{request.Scheme}://{request.Host}";
        return new JsonObject
        {
            ["name"] = entry.Name,
            ["href"] = $"{origin}/admin/functions/{Uri.EscapeDataString(entry.Name)}",
            ["invoke_url_template"] = entry.Kind == FunctionKind.Http
                ? origin + FunctionRoutes.RouteOf(entry, options.RoutePrefix).ToLowerInvariant()
                : null,
            ["language"] = "dotnet-isolated",
            ["config"] = new JsonObject
            {
                ["name"] = entry.Name,
                ["entryPoint"] = entry.EntryPoint,
                ["bindings"] = Bindings(entry),
            },
            ["isDisabled"] = entry.IsDisabled(configuration),
        };
    }

    private static JsonArray Bindings(FunctionEntry entry)
    {
        var trigger = entry.Trigger switch
        {
            HttpTriggerAttribute http => Http(http),
            TimerTriggerAttribute timer => new JsonObject
            {
                ["type"] = "timerTrigger",
                ["schedule"] = timer.Schedule,
                ["useMonitor"] = timer.UseMonitor,
                ["runOnStartup"] = timer.RunOnStartup,
            },
            OrchestrationTriggerAttribute orchestration => new JsonObject
            {
                ["type"] = "orchestrationTrigger",
                ["orchestration"] = orchestration.Orchestration,
            },
            ActivityTriggerAttribute activity => new JsonObject
            {
                ["type"] = "activityTrigger",
                ["activity"] = activity.Activity,
            },
            _ => throw new InvalidOperationException($"'{entry.Name}' has a trigger of an unknown kind."),
        };
        trigger["name"] = entry.TriggerParameter.Name;
        trigger["direction"] = "In";
        var clients = entry.Parameters.Where(parameter => parameter.IsDefined(typeof(DurableClientAttribute), false))
            .Select(parameter => new JsonObject
            {
                ["name"] = parameter.Name,
                ["type"] = "durableClient",
                ["direction"] = "In",
            });
        var answer = new JsonObject { ["name"] = "$return", ["type"] = "http", ["direction"] = "Out" };
        return new JsonArray([trigger, .. clients, .. entry.Kind == FunctionKind.Http ? [answer] : (JsonNode[])[]]);
    }

    private static JsonObject Http(HttpTriggerAttribute trigger) => new()
    {
        ["type"] = "httpTrigger",
        ["authLevel"] = trigger.AuthLevel.ToString(),
        ["methods"] = JsonSerializer.SerializeToNode(trigger.Methods),
        ["route"] = trigger.Route,
    };
}
