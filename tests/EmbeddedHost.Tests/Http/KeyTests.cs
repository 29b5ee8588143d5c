using System.Net;
using Highwater.EmbeddedHost.Http;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Tests.Http;

public class KeyTests
{
    [Theory]
    [InlineData("/api/Echo")]
    [InlineData("/api/whoami")]
    [InlineData("/api/adminonly")]
    [InlineData("/admin/functions/Tick")]
    [InlineData(HttpHost.Durable + "/instances/x/terminate")]
    [InlineData(HttpHost.Durable + "/orchestrators/Main")]
    [InlineData(HttpHost.Durable + "/entities/x/y")]
    public async Task With_a_key_callers_without_it_are_unauthorized(string path)
    {
        await using var host = await HttpHost.StartAsync(key: "sesame");

        using var without = await host.PostAsync(path, "{}");
        using var wrong = await host.PostAsync(path + "?code=simsalabim", "{}");
        using var start = await host.PostAsync(path + "?code=sesam", "{}");
        using var right = await host.PostAsync(path + "?code=sesame", "{}");
        host.Http.DefaultRequestHeaders.Add("x-functions-key", "sesame");
        using var header = await host.PostAsync(path, "{}");
        using var both = await host.PostAsync(path + "?code=simsalabim", "{}");

        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, start.StatusCode);
        Assert.NotEqual(HttpStatusCode.Unauthorized, right.StatusCode);
        Assert.Equal(right.StatusCode, header.StatusCode);
        Assert.Equal(right.StatusCode, both.StatusCode);
    }

    [Theory]
    [InlineData("/api/sum/1?right=1")]
    [InlineData("/admin/host/ping")]
    [InlineData("/ping")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Anonymous_functions_pings_and_health_need_no_key(string path)
    {
        await using var host = await HttpHost.StartAsync(key: "sesame");

        using var response = await host.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("/api/adminonly", HttpStatusCode.Forbidden)]
    [InlineData("/api/Echo", HttpStatusCode.Forbidden)]
    [InlineData("/api/systemonly", HttpStatusCode.OK)]
    [InlineData(HttpHost.Durable + "/instances/none/terminate", HttpStatusCode.NotFound)]
    public async Task The_key_of_links_opens_the_level_System_alone(string path, HttpStatusCode status)
    {
        await using var host = await HttpHost.StartAsync(key: "sesame");
        var link = host.Host.Client.CreateHttpManagementPayload("any").StatusQueryGetUri!;

        using var response = await host.PostAsync(path + link[link.IndexOf('?', StringComparison.Ordinal)..], "{}");

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task With_a_key_every_address_is_served_and_every_name_is_answered()
    {
        await using var host = await HttpHost.StartAsync(
            "sesame", host => host.Options = host.Options with { Urls = ["http://0.0.0.0:0"] });
        using var http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{new Uri(host.Host.Host.Urls[0]).Port}"),
        };
        http.DefaultRequestHeaders.Host = "highwater.example.org";
        http.DefaultRequestHeaders.Add("x-functions-key", "sesame");

        using var response = await http.GetAsync(
            new Uri("/admin/host/status", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://example.org:0")]
    public async Task Without_a_key_only_loopback_addresses_are_served(string url)
    {
        await using var host = new TestHost { Options = new() { StateDirectory = "", Urls = [url] } };

        var refused = await Assert.ThrowsAsync<AddressRefusedException>(host.StartAsync);

        Assert.Contains("HIGHWATER_KEY", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin", "https://example.org")]
    [InlineData("Host", "example.org")]
    [InlineData("Host", "localhost.example.org:80")]
    [InlineData("Origin", "null")]
    public async Task Without_a_key_pages_and_names_of_other_sites_are_not_answered(string header, string value)
    {
        await using var host = await HttpHost.StartAsync();
        host.Http.DefaultRequestHeaders.Add(header, value);

        using var response = await host.GetAsync("/admin/host/status");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }
}
