using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Highwater.EmbeddedHost;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Highwater.FunctionApp;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.WalSync;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;

namespace Highwater.Cli.Orchestrations;

/// <summary>Talks to a running <c>highwater serve</c> over its HTTP API.</summary>
/// <param name="url">Where it serves.</param>
/// <param name="configuration">The settings it was started with, as far as they are known here: its key, and what the
/// routes of its functions begin with.</param>
public sealed class ServedHost(Uri url, IConfiguration configuration) : IOrchestrationHost
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly Dictionary<string, string> Routes = new()
    {
        [BaseBackupOrchestration.Name] = "base-backups",
        [WalSyncOrchestration.Name] = "wal-syncs",
    };

    private readonly HttpClient _http = CreateClient(url, configuration[SettingNames.Key]);
    private readonly string _routePrefix = EmbeddedHostOptions.FromConfiguration(configuration).RoutePrefix;

    public async Task<bool> TryStartAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, $"{_routePrefix}/{Routes[name]}".TrimStart('/'), cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<OrchestrationStarted>(Options, cancellationToken))!.Started;
    }

    public async Task<OrchestrationSnapshot?> FindAsync(string name, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Get, $"runtime/webhooks/durabletask/instances/{name}", cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        var status = (await response.Content.ReadFromJsonAsync<InstanceStatus>(Options, cancellationToken))!;
        return new OrchestrationSnapshot(status.RuntimeStatus, status.CustomStatus, status.Output);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static HttpClient CreateClient(Uri url, string? key)
    {
        var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(30) };
        if (key is not null)
            client.DefaultRequestHeaders.Add("x-functions-key", key);
        return client;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            var response = await _http.SendAsync(request, cancellationToken);
            return response.StatusCode == HttpStatusCode.Unauthorized ? throw Unauthorized() : response;
        }
        catch (Exception e) when (e is HttpRequestException
            || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new HighwaterException(
                ErrorCodes.ServeUnreachable,
                $"'highwater serve' runs on this machine but does not answer at {_http.BaseAddress}: {e.Message}",
                "look at its log; if it hangs, stop it and start it again: what it was doing goes on",
                e);
        }
    }

    private HighwaterException Unauthorized() => new(
        ErrorCodes.ServeUnreachable,
        $"'highwater serve' at {_http.BaseAddress} asks for a key, and refused "
        + (_http.DefaultRequestHeaders.Contains("x-functions-key") ? "this one." : "to answer without one."),
        "set HIGHWATER_KEY (or HIGHWATER_KEY_FILE) here to what it has there");

    private sealed record InstanceStatus(
        OrchestrationRuntimeStatus RuntimeStatus, JsonElement? CustomStatus, JsonElement? Output);
}
