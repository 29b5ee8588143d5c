using System.Net;

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
    [InlineData("Nope", "{}", HttpStatusCode.NotFound)]
    [InlineData("Work", "", HttpStatusCode.BadRequest)]
    [InlineData("Work", "{", HttpStatusCode.BadRequest)]
    [InlineData("Work", "[]", HttpStatusCode.BadRequest)]
    [InlineData("Work", """{"input":{}}""", HttpStatusCode.BadRequest)]
    [InlineData("Work", null, HttpStatusCode.UnsupportedMediaType)]
    public async Task What_cannot_be_run_is_refused(string function, string? body, HttpStatusCode status)
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.PostAsync($"/admin/functions/{function}", body);

        Assert.Equal(status, response.StatusCode);
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
    }
}
