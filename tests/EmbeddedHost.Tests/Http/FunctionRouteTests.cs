using System.Net;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Tests.Http;

public class FunctionRouteTests
{
    [Fact]
    public async Task A_function_starts_an_orchestration_and_answers_with_its_result()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = context => Task.FromResult<object?>(context.GetInput<string>());

        using var response = await host.PostAsync("/api/start/mine");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("/started/mine", response.Headers.Location!.ToString());
        Assert.Equal("POST", (await host.Host.EndOfAsync("mine")).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Route_and_query_values_bind_and_an_object_is_answered_as_json()
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync("/api/sum/2?right=3");

        Assert.Equal(
            """{"total":5,"same":true}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_body_binds_and_a_malformed_one_is_a_bad_request()
    {
        await using var host = await HttpHost.StartAsync();

        using var good = await host.PostAsync("/api/Echo", """{"name":"rope","items":2}""");
        using var bad = await host.PostAsync("/api/Echo", "{");

        Assert.Equal(
            "application/json; charset=utf-8: 2 x rope",
            await good.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Fact]
    public async Task A_wrong_method_and_an_unknown_route_are_not_found()
    {
        await using var host = await HttpHost.StartAsync();

        using var method = await host.GetAsync("/api/start/mine");
        using var route = await host.GetAsync("/api/nowhere");

        Assert.Equal(HttpStatusCode.NotFound, method.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, route.StatusCode);
    }

    [Theory]
    [InlineData("/api/greet/ann", "GET ann")]
    [InlineData("/API/Greet/ann/and/more", "GET ann and/more")]
    [InlineData(
        "/api/greet/ann?id=00000000-0000-0000-0000-000000000001", "GET ann  00000000-0000-0000-0000-000000000001")]
    public async Task Route_templates_match_as_written_and_a_string_is_answered_as_text(string path, string text)
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync(path);

        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/api/greet/an1", HttpStatusCode.NotFound)]
    [InlineData("/api/greet/annabelle", HttpStatusCode.NotFound)]
    [InlineData("/api/sum/two", HttpStatusCode.NotFound)]
    [InlineData("/api/sum/2?right=three", HttpStatusCode.BadRequest)]
    [InlineData("/api/greet/ann?id=none", HttpStatusCode.BadRequest)]
    public async Task What_breaks_a_constraint_is_404_and_a_value_of_another_type_400(
        string path, HttpStatusCode status)
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync(path);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task A_task_without_a_result_is_200_and_empty()
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync("/api/Nothing");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_disabled_function_is_404()
    {
        await using var host = await HttpHost.StartAsync(
            prepare: host => host.Settings["AzureWebJobs.SwitchedOff.Disabled"] = "true");

        using var response = await host.GetAsync("/api/SwitchedOff");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("", "/sum/1?right=1")]
    [InlineData("v1/jobs", "/v1/jobs/sum/1?right=1")]
    public async Task The_prefix_of_routes_is_a_setting(string prefix, string path)
    {
        await using var host = await HttpHost.StartAsync(
            prepare: host => host.Options = host.Options with { RoutePrefix = prefix });

        using var moved = await host.GetAsync(path);
        using var old = await host.GetAsync("/api/sum/1?right=1");

        Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, old.StatusCode);
    }

    [Fact]
    public void The_prefix_and_the_hub_come_from_the_settings_of_the_Functions_host()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureFunctionsJobHost:extensions:http:routePrefix"] = "/v1/",
            ["AzureFunctionsJobHost:extensions:durableTask:hubName"] = "Mine",
        }).Build();

        var options = EmbeddedHostOptions.FromConfiguration(configuration);

        Assert.Equal("v1", options.RoutePrefix);
        Assert.Equal("Mine", options.TaskHub);
    }

    [Fact]
    public async Task A_function_that_runs_when_the_host_stops_is_cancelled_and_its_caller_told()
    {
        await using var host = await HttpHost.StartAsync();
        var running = new TaskCompletionSource();
        host.Host.Script.Serve = async (_, cancellation) =>
        {
            running.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            return null;
        };
        var answer = host.GetAsync("/api/Serve");
        await running.Task;

        await host.Host.StopAsync();

        using var response = await answer;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task A_failing_function_is_an_error_that_tells_nothing()
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync("/api/Broken");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
