using System.Net;

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

    [Fact]
    public async Task A_failing_function_is_an_error_that_tells_nothing()
    {
        await using var host = await HttpHost.StartAsync();

        using var response = await host.GetAsync("/api/Broken");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
