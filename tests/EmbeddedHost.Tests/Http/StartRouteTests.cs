using System.Net;
using System.Text.Json.Nodes;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>POST /orchestrators/{functionName}/{instanceId?}</summary>
public class StartRouteTests(DurableApi api) : IClassFixture<DurableApi>
{
    [Fact]
    public async Task A_start_is_202_with_location_retry_after_10_and_the_management_payload()
    {
        using var response = await api.PostAsync("/orchestrators/Main/mine", "\"wait\"");

        await api.AssertManagementPayloadAsync(response, "mine");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("wait", (await api.StatusAsync("mine"))["input"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_start_without_an_id_makes_one_and_without_a_body_has_no_input()
    {
        using var response = await api.PostAsync("/orchestrators/main");
        var id = (await HttpHost.JsonAsync(response))["id"]!.GetValue<string>();

        Assert.Matches("^[0-9a-f]{32}$", id);
        Assert.Null((await api.StatusAsync(id))["input"]);
    }

    [Fact]
    public async Task A_start_that_ends_within_the_timeout_is_200_and_the_bare_output()
    {
        using var response = await api.PostAsync(
            "/orchestrators/Main?timeout=60&pollingInterval=1", "\"return\"");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Null(response.Headers.Location);
        Assert.Equal("""{"Said":"done"}""", await TextAsync(response));
    }

    [Fact]
    public async Task A_start_that_fails_within_the_timeout_is_200_and_the_status()
    {
        using var response = await api.PostAsync("/orchestrators/Main?timeout=60", "\"fail\"");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Failed", (await HttpHost.JsonAsync(response))["runtimeStatus"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_start_that_outlasts_the_timeout_is_202_with_the_management_payload()
    {
        using var response = await api.PostAsync(
            "/orchestrators/Main/slow?timeout=0.01&pollingInterval=0.01", "\"wait\"");

        await api.AssertManagementPayloadAsync(response, "slow");
    }

    [Fact]
    public async Task An_unknown_function_is_400()
    {
        using var response = await api.PostAsync("/orchestrators/Nope", "{}");
        using var activity = await api.PostAsync("/orchestrators/Work", "{}");

        await DurableApi.AssertErrorAsync(
            response,
            HttpStatusCode.BadRequest,
            "One or more of the arguments submitted is incorrect",
            "System.ArgumentException");
        Assert.Contains("'Nope'", await TextAsync(response), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, activity.StatusCode);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("1 2")]
    [InlineData("\"\\ud800\"")]
    public async Task Invalid_json_is_400(string body)
    {
        using var response = await api.PostAsync("/orchestrators/Main", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("Invalid JSON content", (await HttpHost.JsonAsync(response))["Message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("/orchestrators/Main?timeout=soon", "timeout")]
    [InlineData("/orchestrators/Main?timeout=-1", "timeout")]
    [InlineData("/orchestrators/Main?timeout=1&pollingInterval=NaN", "pollingInterval")]
    public async Task A_parameter_that_is_no_number_is_400_and_named(string path, string parameter)
    {
        using var response = await api.PostAsync(path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(
            $"'{parameter}'", (await HttpHost.JsonAsync(response))["Message"]!.GetValue<string>(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@entity")]
    [InlineData("a%5Cb")]
    [InlineData("a%23b")]
    [InlineData("a%3Fb")]
    [InlineData("a%0Ab")]
    public async Task An_id_that_the_Functions_host_refuses_is_400(string id)
    {
        using var response = await api.PostAsync($"/orchestrators/Main/{id}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task An_id_in_use_is_500_and_says_which()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        using var response = await api.PostAsync($"/orchestrators/Main/{id}", "{}");

        await DurableApi.AssertErrorAsync(
            response,
            HttpStatusCode.InternalServerError,
            "Something went wrong while processing your request",
            "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException");
        Assert.Contains(id, await TextAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_of_a_finished_instance_starts_anew()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Completed);

        using var response = await api.PostAsync($"/orchestrators/Main/{id}?timeout=60", "\"again\"");

        Assert.Equal("\"again\"", await TextAsync(response));
    }

    [Fact]
    public async Task Data_may_be_as_deep_as_the_parser_takes_it()
    {
        var deep = new string('[', 60) + new string(']', 60);
        using var response = await api.PostAsync("/orchestrators/Main/deep", deep);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(deep, (await api.StatusAsync("deep"))["input"]!.ToJsonString());
    }

    [Theory]
    [InlineData("größe ☃")]
    [InlineData("100%")]
    [InlineData("a%2Fb")]
    [InlineData("a+b&c=d;e,f")]
    public async Task An_id_with_odd_characters_is_found_by_its_own_link(string id)
    {
        using var started = await api.PostAsync($"/orchestrators/Main/{Uri.EscapeDataString(id)}", "\"wait\"");
        var links = await HttpHost.JsonAsync(started);
        using var status = await api.Http.Http.GetAsync(
            new Uri(links["statusQueryGetUri"]!.GetValue<string>()), TestContext.Current.CancellationToken);

        Assert.Equal(id, links["id"]!.GetValue<string>());
        Assert.Equal(id, (await HttpHost.JsonAsync(status))["instanceId"]!.GetValue<string>());
    }

    private static Task<string> TextAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
