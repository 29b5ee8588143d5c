using System.Text;
using System.Text.Json.Nodes;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>A test host that serves HTTP, and a client of it.</summary>
internal sealed class HttpHost : IAsyncDisposable
{
    public const string Durable = "/runtime/webhooks/durabletask";

    private HttpHost(TestHost host)
    {
        Host = host;
        Http = new HttpClient { BaseAddress = new Uri(host.Host.Urls[0]) };
    }

    public TestHost Host { get; }

    public HttpClient Http { get; }

    public static async Task<HttpHost> StartAsync(string? key = null, Action<TestHost>? prepare = null) =>
        new(await TestHost.StartNewAsync(host =>
        {
            host.Options = host.Options with { Urls = ["http://127.0.0.1:0"], Key = key };
            prepare?.Invoke(host);
        }));

    public Task<HttpResponseMessage> GetAsync(string path) =>
        Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> DeleteAsync(string path) =>
        Http.DeleteAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public async Task<HttpResponseMessage> PostAsync(string path, string? json = null)
    {
        using var content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        return await Http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
    }

    public static async Task<JsonNode> JsonAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
    }
}
