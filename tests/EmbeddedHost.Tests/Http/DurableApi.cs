using System.Net;
using System.Text.Json.Nodes;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>A host with a key for the tests of one class, and instances in every state.</summary>
public sealed class DurableApi : IAsyncLifetime
{
    public const string Key = "sesame";
    public const string Root = HttpHost.Durable;

    private HttpHost _http = null!;

    internal HttpHost Http => _http;

    internal TestHost Host => _http.Host;

    internal DurableTaskClient Client => Host.Client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _http = await HttpHost.StartAsync(Key);
        _http.Http.DefaultRequestHeaders.Add("x-functions-key", Key);
        Host.Script.Main = Behave;
    }

    public ValueTask DisposeAsync() => _http.DisposeAsync();

    internal Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(Root + path);

    internal Task<HttpResponseMessage> DeleteAsync(string path) => _http.DeleteAsync(Root + path);

    internal Task<HttpResponseMessage> PostAsync(string path, string? json = null) =>
        _http.PostAsync(Root + path, json);

    /// <summary>An instance in the state, with an id of its own.</summary>
    internal async Task<string> InstanceAsync(OrchestrationRuntimeStatus status, string? id = null)
    {
        var input = status switch
        {
            OrchestrationRuntimeStatus.Completed => "return",
            OrchestrationRuntimeStatus.Failed => "fail",
            _ => "wait",
        };
        DateTimeOffset? later = status == OrchestrationRuntimeStatus.Pending ? DateTimeOffset.MaxValue : null;
        var made = await Host.StartMainAsync(input, new StartOrchestrationOptions(id, later));
        switch (status)
        {
            case OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed:
                await Host.EndOfAsync(made);
                break;
            case OrchestrationRuntimeStatus.Terminated:
                await Client.TerminateInstanceAsync(made, "stopped", Cancellation);
                break;
            case OrchestrationRuntimeStatus.Suspended:
                await Client.WaitForInstanceStartAsync(made, Cancellation);
                await Client.SuspendInstanceAsync(made, "pause", Cancellation);
                break;
            case OrchestrationRuntimeStatus.Running:
                await Client.WaitForInstanceStartAsync(made, Cancellation);
                break;
            default:
                break;
        }

        return made;
    }

    internal async Task<JsonNode> StatusAsync(string id)
    {
        using var response = await GetAsync($"/instances/{Uri.EscapeDataString(id)}");
        return await HttpHost.JsonAsync(response);
    }

    /// <summary>The shape of an error with an exception behind it.</summary>
    internal static async Task AssertErrorAsync(
        HttpResponseMessage response, HttpStatusCode status, string message, string exceptionType)
    {
        Assert.Equal(status, response.StatusCode);
        var error = (await HttpHost.JsonAsync(response)).AsObject();
        Assert.Equal(
            ["Message", "ExceptionMessage", "ExceptionType", "StackTrace"], error.Select(property => property.Key));
        Assert.Equal(message, error["Message"]!.GetValue<string>());
        Assert.Equal(exceptionType, error["ExceptionType"]!.GetValue<string>());
    }

    /// <summary>The whole management payload, with links that work.</summary>
    internal async Task AssertManagementPayloadAsync(HttpResponseMessage response, string id)
    {
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), response.Headers.RetryAfter!.Delta);
        var links = (await HttpHost.JsonAsync(response)).AsObject();
        var instance = $"{_http.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)}{Root}/instances/{id}";
        var status = links["statusQueryGetUri"]!.GetValue<string>();
        Assert.Equal(status, response.Headers.Location!.OriginalString);
        Assert.StartsWith($"{instance}?taskHub=DurableFunctionsHub&connection=Storage&code=", status,
            StringComparison.Ordinal);
        var query = status[(status.IndexOf('?', StringComparison.Ordinal) + 1)..];
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["id"] = id,
                ["statusQueryGetUri"] = $"{instance}?{query}",
                ["sendEventPostUri"] = $"{instance}/raiseEvent/{{eventName}}?{query}",
                ["terminatePostUri"] = $"{instance}/terminate?reason={{text}}&{query}",
                ["purgeHistoryDeleteUri"] = $"{instance}?{query}",
                ["restartPostUri"] = $"{instance}/restart?{query}",
                ["suspendPostUri"] = $"{instance}/suspend?reason={{text}}&{query}",
                ["resumePostUri"] = $"{instance}/resume?reason={{text}}&{query}",
            },
            links.ToDictionary(link => link.Key, link => link.Value!.GetValue<string>()));
        Assert.DoesNotContain(Key, query, StringComparison.Ordinal);
    }

    private static async Task<object?> Behave(TaskOrchestrationContext context) =>
        context.GetInput<object>()?.ToString() switch
        {
            "wait" => await WaitAsync(context),
            "fail" => throw new InvalidDataException("damaged"),
            "work" => await context.CallActivityAsync<string>("Work", "done"),
            "return" => new { Said = "done" },
            var other => other,
        };

    private static async Task<string> WaitAsync(TaskOrchestrationContext context)
    {
        context.SetCustomStatus(new { Percent = 10 });
        return await context.WaitForExternalEvent<string>("go");
    }
}
