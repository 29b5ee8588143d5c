using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Highwater.FunctionApp.Tests;

public sealed class RequestTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("api/base-backups", "BaseBackup")]
    [InlineData("api/wal-syncs", "WalSync")]
    public async Task A_request_starts_a_run_and_a_second_one_is_told_the_id_of_the_running_one(string route, string id)
    {
        // No server listens: the run is busy trying again while both requests are answered.
        await using var app = new AppHost();
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = app.Url };

        var (first, location) = await PostAsync(http, route);
        var (second, _) = await PostAsync(http, route);

        Assert.Equal((id, true), first);
        Assert.Equal((id, false), second);
        var status = await http.GetFromJsonAsync<JsonElement>(location, Token);
        Assert.Equal(id, status.GetProperty("instanceId").GetString());
        Assert.Matches("^(Pending|Running)$", status.GetProperty("runtimeStatus").GetString()!);
    }

    private static async Task<((string? Id, bool Started) Answer, Uri Location)> PostAsync(
        HttpClient http, string route)
    {
        using var response = await http.PostAsync(new Uri(route, UriKind.Relative), null, Token);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        return (
            (answer.GetProperty("instanceId").GetString(), answer.GetProperty("started").GetBoolean()),
            response.Headers.Location!);
    }
}
