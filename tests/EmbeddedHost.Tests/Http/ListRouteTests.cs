using System.Net;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>GET /instances and DELETE /instances</summary>
public class ListRouteTests : IAsyncLifetime
{
    private const string Token = "x-ms-continuation-token";

    private readonly DurableApi _api = new();

    public async ValueTask InitializeAsync()
    {
        await _api.InitializeAsync();
        await _api.InstanceAsync(OrchestrationRuntimeStatus.Completed, "a1");
        await _api.InstanceAsync(OrchestrationRuntimeStatus.Failed, "a2");
        await _api.InstanceAsync(OrchestrationRuntimeStatus.Completed, "a3 ☃");
        await _api.InstanceAsync(OrchestrationRuntimeStatus.Running, "b1");
        await _api.InstanceAsync(OrchestrationRuntimeStatus.Terminated, "b2");
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("", "a1,a2,a3 ☃,b1,b2")]
    [InlineData("?instanceIdPrefix=a", "a1,a2,a3 ☃")]
    [InlineData("?runtimeStatus=Failed,Running", "a2,b1")]
    [InlineData("?runtimeStatus=Failed&runtimeStatus=terminated", "a2,b2")]
    [InlineData("?createdTimeFrom=2000-01-01T00:00:00Z&createdTimeTo=2001-01-01T00:00:00Z", "")]
    [InlineData("?createdTimeFrom=2000-01-01&createdTimeTo=9000-01-01", "a1,a2,a3 ☃,b1,b2")]
    [InlineData("?instanceIdPrefix=b&runtimeStatus=Running&top=5&taskHub=any&connection=any", "b1")]
    [InlineData("?instanceIdPrefix=%25", "")]
    public async Task The_list_is_200_with_what_the_filters_leave(string query, string ids)
    {
        using var response = await _api.GetAsync("/instances" + query);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains(Token));
        Assert.Equal(ids, string.Join(',', await IdsAsync(response)));
    }

    [Fact]
    public async Task More_than_top_goes_on_by_the_continuation_token()
    {
        var seen = new List<string>();
        string? token = null;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, DurableApi.Root + "/instances?top=2");
            request.Headers.Add(Token, token ?? "");
            using var page = await _api.Http.Http.SendAsync(request, TestContext.Current.CancellationToken);
            seen.AddRange(await IdsAsync(page));
            token = page.Headers.TryGetValues(Token, out var more) ? more.Single() : null;
            Assert.Equal(token is null ? 1 : 2, (await IdsAsync(page)).Count);
        }
        while (token is not null);

        Assert.Equal(["a1", "a2", "a3 ☃", "b1", "b2"], seen);
    }

    [Theory]
    [InlineData("true", "\"return\"")]
    [InlineData("false", "null")]
    public async Task The_input_is_shown_if_asked_for(string asked, string input)
    {
        using var response = await _api.GetAsync($"/instances?instanceIdPrefix=a1&showInput={asked}");

        Assert.Equal(input, (await HttpHost.JsonAsync(response))[0]!["input"]?.ToJsonString() ?? "null");
    }

    [Theory]
    [InlineData("top=0")]
    [InlineData("top=-1")]
    [InlineData("top=many")]
    [InlineData("runtimeStatus=Nonsense")]
    [InlineData("runtimeStatus=99")]
    [InlineData("createdTimeFrom=yesterday")]
    [InlineData("createdTimeTo=tomorrow")]
    [InlineData("showInput=maybe")]
    public async Task A_filter_that_says_nothing_is_400(string query)
    {
        using var response = await _api.GetAsync("/instances?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_token_that_no_list_has_sent_is_400()
    {
        _api.Http.Http.DefaultRequestHeaders.Add(Token, "!!!");

        using var response = await _api.GetAsync("/instances");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("createdTimeFrom=2000-01-01T00:00:00Z", 4)]
    [InlineData("createdTimeFrom=2000-01-01T00:00:00Z&runtimeStatus=Failed,Terminated", 2)]
    [InlineData("createdTimeFrom=2000-01-01T00:00:00Z&createdTimeTo=9000-01-01T00:00:00Z", 4)]
    public async Task A_purge_of_many_is_200_with_the_count_and_404_when_nothing_is_left(string query, int count)
    {
        using var first = await _api.DeleteAsync("/instances?" + query);
        using var second = await _api.DeleteAsync("/instances?" + query);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal($$"""{"instancesDeleted":{{count}}}""", (await HttpHost.JsonAsync(first)).ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, second.StatusCode);
        Assert.Equal("Running", (await _api.StatusAsync("b1"))["runtimeStatus"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("?runtimeStatus=Completed")]
    [InlineData("?createdTimeFrom=2000-01-01T00:00:00Z&runtimeStatus=Nonsense")]
    public async Task A_purge_of_many_without_createdTimeFrom_or_with_a_wrong_filter_is_400(string query)
    {
        using var response = await _api.DeleteAsync("/instances" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var list = await _api.GetAsync("/instances");
        Assert.Equal(5, (await IdsAsync(list)).Count);
    }

    [Fact]
    public async Task A_purge_of_one_is_200_with_the_count_and_404_for_the_unknown()
    {
        using var first = await _api.DeleteAsync("/instances/a1");
        using var second = await _api.DeleteAsync("/instances/a1");
        using var running = await _api.DeleteAsync("/instances/b1");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("""{"instancesDeleted":1}""", (await HttpHost.JsonAsync(first)).ToJsonString());
        Assert.Equal(HttpStatusCode.NotFound, second.StatusCode);
        Assert.Equal("""{"instancesDeleted":0}""", (await HttpHost.JsonAsync(running)).ToJsonString());
    }

    private static async Task<List<string>> IdsAsync(HttpResponseMessage response) =>
        [.. (await HttpHost.JsonAsync(response)).AsArray().Select(entry => entry!["instanceId"]!.GetValue<string>())];
}
