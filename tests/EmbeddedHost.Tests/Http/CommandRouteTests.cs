using System.Net;
using System.Text;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>POST /instances/{id}/raiseEvent/{eventName}, /terminate, /suspend, /resume, /rewind, /restart</summary>
public class CommandRouteTests(DurableApi api) : IClassFixture<DurableApi>
{
    [Fact]
    public async Task An_event_is_202_and_empty_and_reaches_the_instance()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        using var response = await api.PostAsync($"/instances/{id}/raiseEvent/go", "\"on\"");

        await AssertAcceptedAsync(response);
        Assert.Equal("on", (await api.Host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    public async Task An_event_that_is_not_json_by_its_type_is_400(string? mediaType)
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);
        using var content = new StringContent("\"on\"", Encoding.UTF8, mediaType ?? "text/plain");
        content.Headers.ContentType = mediaType is null ? null : content.Headers.ContentType;

        using var response = await api.Http.Http.PostAsync(
            new Uri($"{DurableApi.Root}/instances/{id}/raiseEvent/go", UriKind.Relative),
            content,
            TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(
            """{"Message":"Only application/json request content is supported"}""",
            (await HttpHost.JsonAsync(response)).ToJsonString());
    }

    [Fact]
    public async Task An_event_that_is_not_json_by_its_body_is_400()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        using var response = await api.PostAsync($"/instances/{id}/raiseEvent/go", "{");

        await DurableApi.AssertErrorAsync(
            response, HttpStatusCode.BadRequest, "Invalid JSON content", "System.Text.Json.JsonException");
    }

    [Theory]
    [InlineData("terminate?reason=enough", "Terminated", "enough")]
    [InlineData("suspend?reason=pause", "Suspended", "pause")]
    [InlineData("terminate", "Terminated", null)]
    [InlineData("suspend", "Suspended", null)]
    public async Task A_command_to_the_running_is_202(string command, string status, string? output)
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        using var response = await api.PostAsync($"/instances/{id}/{command}");

        await AssertAcceptedAsync(response);
        var shown = await api.StatusAsync(id);
        Assert.Equal(status, shown["runtimeStatus"]!.GetValue<string>());
        Assert.Equal(output, shown["output"]?.GetValue<string>());
    }

    [Fact]
    public async Task A_resume_of_the_suspended_is_202()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Suspended);

        using var response = await api.PostAsync($"/instances/{id}/resume?reason=enough");

        await AssertAcceptedAsync(response);
        Assert.Equal("Running", (await api.StatusAsync(id))["runtimeStatus"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("raiseEvent/go")]
    [InlineData("terminate")]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("rewind")]
    [InlineData("restart")]
    public async Task A_command_to_the_unknown_is_404(string command)
    {
        using var response = await api.PostAsync($"/instances/none/{command}", "{}");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("raiseEvent/go", OrchestrationRuntimeStatus.Completed)]
    [InlineData("raiseEvent/go", OrchestrationRuntimeStatus.Failed)]
    [InlineData("raiseEvent/go", OrchestrationRuntimeStatus.Terminated)]
    [InlineData("terminate", OrchestrationRuntimeStatus.Completed)]
    [InlineData("terminate", OrchestrationRuntimeStatus.Failed)]
    [InlineData("terminate", OrchestrationRuntimeStatus.Terminated)]
    [InlineData("suspend", OrchestrationRuntimeStatus.Completed)]
    [InlineData("resume", OrchestrationRuntimeStatus.Completed)]
    [InlineData("rewind", OrchestrationRuntimeStatus.Completed)]
    [InlineData("rewind", OrchestrationRuntimeStatus.Terminated)]
    public async Task A_command_to_the_finished_is_410(string command, OrchestrationRuntimeStatus status)
    {
        var id = await api.InstanceAsync(status);

        using var response = await api.PostAsync($"/instances/{id}/{command}", "{}");

        Assert.Equal(HttpStatusCode.Gone, response.StatusCode);
    }

    [Fact]
    public async Task A_rewind_of_the_failed_is_202_and_it_goes_on()
    {
        var runs = 0;
        api.Host.Script.Work = (input, _) =>
            Interlocked.Increment(ref runs) == 1 ? throw new InvalidDataException("damaged") : Task.FromResult(input);
        var id = await api.Host.StartMainAsync("work");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await api.Host.EndOfAsync(id)).RuntimeStatus);

        using var response = await api.PostAsync($"/instances/{id}/rewind?reason=repaired");

        await AssertAcceptedAsync(response);
        var ended = await api.Host.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal("done", ended.ReadOutputAs<string>());
    }

    [Fact]
    public async Task A_rewind_of_the_running_is_409()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        using var response = await api.PostAsync($"/instances/{id}/rewind");

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?restartWithNewInstanceId=true")]
    public async Task A_restart_is_202_with_the_management_payload_of_a_new_id(string query)
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Completed);

        using var response = await api.PostAsync($"/instances/{id}/restart{query}");

        var newId = (await HttpHost.JsonAsync(response))["id"]!.GetValue<string>();
        Assert.NotEqual(id, newId);
        await api.AssertManagementPayloadAsync(response, newId);
        Assert.Equal("return", (await api.Host.EndOfAsync(newId)).ReadInputAs<string>());
    }

    [Fact]
    public async Task A_restart_under_the_same_id_is_202_once_it_has_finished_and_409_before()
    {
        var finished = await api.InstanceAsync(OrchestrationRuntimeStatus.Failed);
        var running = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        using var again = await api.PostAsync($"/instances/{finished}/restart?restartWithNewInstanceId=false");
        using var refused = await api.PostAsync($"/instances/{running}/restart?restartWithNewInstanceId=false");

        await api.AssertManagementPayloadAsync(again, finished);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/instances/any/terminate")]
    [InlineData("DELETE", "/instances/any/raiseEvent/go")]
    [InlineData("GET", "/orchestrators/Main")]
    [InlineData("POST", "/instances")]
    [InlineData("POST", "/instances/any")]
    [InlineData("POST", "/instances/any/explode")]
    [InlineData("PUT", "/instances/any")]
    [InlineData("GET", "/nothing")]
    public async Task What_is_no_route_is_404(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), DurableApi.Root + path);

        using var response = await api.Http.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(response.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task Entities_are_501_and_say_so(string method)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), DurableApi.Root + "/entities/Counter/one");

        using var response = await api.Http.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotImplemented, response.StatusCode);
        Assert.Contains(
            "no entities", (await HttpHost.JsonAsync(response))["Message"]!.GetValue<string>(),
            StringComparison.Ordinal);
    }

    private static async Task AssertAcceptedAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
