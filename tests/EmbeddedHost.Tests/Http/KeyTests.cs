using System.Net;
using Highwater.EmbeddedHost.Http;

namespace Highwater.EmbeddedHost.Tests.Http;

public class KeyTests
{
    [Theory]
    [InlineData("/api/Echo")]
    [InlineData("/admin/functions/Tick")]
    [InlineData(HttpHost.Durable + "/instances/x/terminate")]
    public async Task With_a_key_callers_without_it_are_unauthorized(string path)
    {
        await using var host = await HttpHost.StartAsync(key: "sesame");

        using var without = await host.PostAsync(path, "{}");
        using var wrong = await host.PostAsync(path + "?code=simsalabim", "{}");
        using var right = await host.PostAsync(path + "?code=sesame", "{}");
        host.Http.DefaultRequestHeaders.Add("x-functions-key", "sesame");
        using var header = await host.PostAsync(path, "{}");

        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.NotEqual(HttpStatusCode.Unauthorized, right.StatusCode);
        Assert.Equal(right.StatusCode, header.StatusCode);
    }

    [Fact]
    public async Task Anonymous_functions_and_the_ping_need_no_key()
    {
        await using var host = await HttpHost.StartAsync(key: "sesame");

        using var sum = await host.GetAsync("/api/sum/1?right=1");
        using var ping = await host.GetAsync("/admin/host/ping");

        Assert.Equal(HttpStatusCode.OK, sum.StatusCode);
        Assert.Equal(HttpStatusCode.OK, ping.StatusCode);
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
    public async Task Without_a_key_pages_and_names_of_other_sites_are_not_answered(string header, string value)
    {
        await using var host = await HttpHost.StartAsync();
        host.Http.DefaultRequestHeaders.Add(header, value);

        using var response = await host.GetAsync("/admin/host/status");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }
}
