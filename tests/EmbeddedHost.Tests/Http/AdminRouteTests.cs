using System.Net;
using System.Text;

namespace Highwater.EmbeddedHost.Tests.Http;

public class AdminRouteTests
{
    [Fact]
    public async Task A_timer_function_runs_by_hand_and_is_not_past_due()
    {
        await using var host = await TestHost.StartNewAsync(host =>
        {
            host.Options = host.Options with { Urls = ["http://127.0.0.1:0"] };
            host.Settings["TICK"] = "0 2 * * *";
        });
        var pastDue = new List<bool>();
        host.Script.Tick = info =>
        {
            pastDue.Add(info.IsPastDue);
            return Task.CompletedTask;
        };
        using var http = new HttpClient { BaseAddress = new Uri(host.Host.Urls[0]) };
        using var content = new StringContent("{}", null, "application/json");

        using var response = await http.PostAsync(
            new Uri("/admin/functions/tick", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await TestHost.UntilAsync(() => pastDue.Count == 1);
        Assert.False(pastDue[0]);
    }

    [Fact]
    public async Task An_activity_runs_by_hand_with_the_input_given()
    {
        await using var host = await HttpHost.StartAsync();
        var inputs = new List<string?>();
        host.Host.Script.Work = (input, _) =>
        {
            inputs.Add(input);
            return Task.FromResult(input);
        };

        using var response = await host.PostAsync("/admin/functions/Work", """{"input":"\"text\""}""");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await TestHost.UntilAsync(() => inputs is ["text"]);
    }

    [Theory]
    [InlineData("Nope", "application/json", "{}", HttpStatusCode.NotFound)]
    [InlineData("Work", "application/json", "", HttpStatusCode.BadRequest)]
    [InlineData("Work", "application/json", "{", HttpStatusCode.BadRequest)]
    [InlineData("Work", "application/json", "[]", HttpStatusCode.BadRequest)]
    [InlineData("Work", "application/json", """{"input":{}}""", HttpStatusCode.BadRequest)]
    [InlineData("Work", "application/json", """{"input":[]}""", HttpStatusCode.BadRequest)]
    [InlineData("Work", "application/json", """{"input":"\ud800"}""", HttpStatusCode.BadRequest)]
    [InlineData("Work", "text/plain", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("Work", null, "{}", HttpStatusCode.UnsupportedMediaType)]
    public async Task What_cannot_be_run_is_refused(
        string function, string? mediaType, string body, HttpStatusCode status)
    {
        await using var host = await HttpHost.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, mediaType ?? "text/plain");
        content.Headers.ContentType = mediaType is null ? null : content.Headers.ContentType;

        using var response = await host.Http.PostAsync(
            new Uri($"/admin/functions/{function}", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("Work", "{}")]
    [InlineData("Work", """{"input":"no json"}""")]
    [InlineData("Work", """{"input":7,"other":{}}""")]
    [InlineData("Work", """{"input":null}""")]
    [InlineData("Main", "{}")]
    [InlineData("Tick", "{}")]
    [InlineData("Echo", "{}")]
    public async Task What_fails_or_is_disabled_or_cannot_be_run_by_hand_is_202_and_empty_all_the_same(
        string function, string body)
    {
        await using var host = await HttpHost.StartAsync(
            prepare: host => host.Settings["AzureWebJobs.Tick.Disabled"] = "true");
        host.Host.Script.Work = (_, _) => throw new InvalidDataException("damaged");

        using var response = await host.PostAsync($"/admin/functions/{function}", body);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("POST", "/admin/functions/Work")]
    [InlineData("GET", "/admin/functions")]
    [InlineData("GET", "/admin/functions/Work")]
    [InlineData("GET", "/admin/host/status")]
    public async Task Without_the_key_it_is_401_and_with_the_key_of_links_403(string method, string path)
    {
        await using var host = await HttpHost.StartAsync(DurableApi.Key);
        using var started = await host.PostAsync($"{HttpHost.Durable}/orchestrators/Main?code={DurableApi.Key}");
        var link = (await HttpHost.JsonAsync(started))["statusQueryGetUri"]!.GetValue<string>();
        var systemKey = link[(link.IndexOf("code=", StringComparison.Ordinal) + 5)..];

        using var nobody = await SendAsync(host, method, path);
        using var linked = await SendAsync(host, method, $"{path}?code={systemKey}");
        using var followed = await host.Http.GetAsync(new Uri(link), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.Equal("Bearer", nobody.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.Forbidden, linked.StatusCode);
        Assert.True(followed.IsSuccessStatusCode);
    }

    [Fact]
    public async Task The_functions_are_listed_with_their_bindings()
    {
        await using var host = await HttpHost.StartAsync(
            prepare: host => host.Settings["AzureWebJobs_Tick_Disabled"] = "1");

        using var response = await host.GetAsync("/admin/functions");
        using var start = await host.GetAsync("/admin/functions/startmain");
        using var unknown = await host.GetAsync("/admin/functions/Nope");
        var all = (await HttpHost.JsonAsync(response)).AsArray();
        var function = await HttpHost.JsonAsync(start);
        var tick = all.Single(entry => entry!["name"]!.GetValue<string>() == "Tick")!;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Main", all.Select(entry => entry!["name"]!.GetValue<string>()));
        Assert.True(tick["isDisabled"]!.GetValue<bool>());
        Assert.Null(tick["invoke_url_template"]);
        Assert.Equal("timerTrigger", tick["config"]!["bindings"]![0]!["type"]!.GetValue<string>());
        Assert.Equal("%TICK%", tick["config"]!["bindings"]![0]!["schedule"]!.GetValue<string>());
        Assert.Equal("StartMain", function["name"]!.GetValue<string>());
        Assert.False(function["isDisabled"]!.GetValue<bool>());
        Assert.EndsWith(
            "/api/start/{id}", function["invoke_url_template"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(
            ["httpTrigger", "durableClient", "http"],
            function["config"]!["bindings"]!.AsArray().Select(binding => binding!["type"]!.GetValue<string>()));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task The_status_says_that_it_runs_and_since_when()
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync("/admin/host/status");
        var status = await HttpHost.JsonAsync(response);

        Assert.Equal("Running", status["state"]!.GetValue<string>());
        Assert.True(status["processUptime"]!.GetValue<long>() >= 0);
        Assert.NotNull(status["version"]);
        Assert.NotNull(status["id"]);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpHost host, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        return await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
