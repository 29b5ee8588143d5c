using System.Net;
using System.Text.Json.Nodes;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Http;

/// <summary>GET /instances/{id}</summary>
public class StatusRouteTests(DurableApi api) : IClassFixture<DurableApi>
{
    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Pending)]
    [InlineData(OrchestrationRuntimeStatus.Running)]
    [InlineData(OrchestrationRuntimeStatus.Suspended)]
    public async Task Unfinished_is_202_with_location_and_retry_after_5(OrchestrationRuntimeStatus status)
    {
        var id = await api.InstanceAsync(status);

        using var response = await api.GetAsync($"/instances/{id}?showInput=true");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(response.RequestMessage!.RequestUri, response.Headers.Location);
        Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter!.Delta);
        Assert.Equal(status.ToString(), (await HttpHost.JsonAsync(response))["runtimeStatus"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Completed, """{"Said":"done"}""")]
    [InlineData(OrchestrationRuntimeStatus.Terminated, "\"stopped\"")]
    [InlineData(OrchestrationRuntimeStatus.Failed, "\"System.IO.InvalidDataException: damaged\"")]
    public async Task Finished_is_200_without_location(OrchestrationRuntimeStatus status, string output)
    {
        var id = await api.InstanceAsync(status);

        using var response = await api.GetAsync($"/instances/{id}");
        var shown = await HttpHost.JsonAsync(response);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Null(response.Headers.Location);
        Assert.Null(response.Headers.RetryAfter);
        Assert.Equal(status.ToString(), shown["runtimeStatus"]!.GetValue<string>());
        Assert.Equal(output, shown["output"]!.ToJsonString());
    }

    [Theory]
    [InlineData("true", HttpStatusCode.InternalServerError)]
    [InlineData("false", HttpStatusCode.OK)]
    public async Task Failed_is_500_where_the_caller_asks_for_it(string asked, HttpStatusCode status)
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Failed);

        using var response = await api.GetAsync($"/instances/{id}?returnInternalServerErrorOnFailure={asked}");

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("Failed", (await HttpHost.JsonAsync(response))["runtimeStatus"]!.GetValue<string>());
    }

    [Fact]
    public async Task Completed_stays_200_where_the_caller_asks_for_500_on_failure()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Completed);

        using var response = await api.GetAsync($"/instances/{id}?returnInternalServerErrorOnFailure=true");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Unknown_is_404()
    {
        using var response = await api.GetAsync("/instances/none");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("showInput")]
    [InlineData("showHistory")]
    [InlineData("returnInternalServerErrorOnFailure")]
    public async Task A_flag_that_is_neither_true_nor_false_is_400(string flag)
    {
        using var response = await api.GetAsync($"/instances/none?{flag}=maybe");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task The_payload_has_data_as_json_and_times_without_fractions()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Running);

        var status = (await api.StatusAsync(id)).AsObject();

        Assert.Equal(
            [
                "name", "instanceId", "runtimeStatus", "input", "customStatus", "output", "createdTime",
                "lastUpdatedTime",
            ],
            status.Select(property => property.Key));
        Assert.Equal("Main", status["name"]!.GetValue<string>());
        Assert.Equal(id, status["instanceId"]!.GetValue<string>());
        Assert.Equal("\"wait\"", status["input"]!.ToJsonString());
        Assert.Equal("""{"Percent":10}""", status["customStatus"]!.ToJsonString());
        Assert.Null(status["output"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", status["createdTime"]!.GetValue<string>());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", status["lastUpdatedTime"]!.GetValue<string>());
    }

    [Fact]
    public async Task Without_showInput_the_input_is_null()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Completed);

        using var response = await api.GetAsync($"/instances/{id}?showInput=false");

        Assert.Null((await HttpHost.JsonAsync(response))["input"]);
    }

    [Fact]
    public async Task With_showHistory_the_events_stand_without_their_outputs()
    {
        var id = await api.Host.StartMainAsync("work");
        await api.Host.EndOfAsync(id);

        var history = await HistoryAsync(id, "showHistory=true");

        Assert.Equal(
            ["ExecutionStarted", "TaskCompleted", "ExecutionCompleted"],
            history.Select(entry => entry!["EventType"]!.GetValue<string>()));
        Assert.Equal("Main", history[0]!["FunctionName"]!.GetValue<string>());
        Assert.Equal("\"work\"", history[0]!["Input"]!.GetValue<string>());
        Assert.Equal("Work", history[1]!["FunctionName"]!.GetValue<string>());
        Assert.True(
            history[1]!["ScheduledTime"]!.GetValue<DateTime>() <= history[1]!["Timestamp"]!.GetValue<DateTime>());
        Assert.Equal("Completed", history[2]!["OrchestrationStatus"]!.GetValue<string>());
        Assert.All(history, entry => Assert.Null(entry!["Result"]));
    }

    [Fact]
    public async Task With_showHistoryOutput_the_events_stand_with_their_outputs_as_json()
    {
        var id = await api.Host.StartMainAsync("work");
        await api.Host.EndOfAsync(id);

        var history = await HistoryAsync(id, "showHistory=true&showHistoryOutput=true&showInput=false");

        Assert.Equal("done", history[1]!["Result"]!.GetValue<string>());
        Assert.Equal("done", history[2]!["Result"]!.GetValue<string>());
        Assert.All(history, entry => Assert.False(entry!.AsObject().ContainsKey("Input")));
    }

    [Fact]
    public async Task Every_kind_of_event_is_shown()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = async context =>
        {
            await context.CreateTimer(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            await context.WaitForExternalEvent<string>("go");
            context.SendEvent("other", "hello", "you");
            await context.CallSubOrchestratorAsync<object>("Sub");
            return await context.CallActivityAsync<string>("Work", "x");
        };
        host.Host.Script.Work = (_, _) => throw new InvalidDataException("damaged");
        var id = await host.Host.StartMainAsync();
        await host.Host.Client.SuspendInstanceAsync(id, "pause", TestContext.Current.CancellationToken);
        await host.Host.Client.ResumeInstanceAsync(id, "go on", TestContext.Current.CancellationToken);
        await host.Host.Client.RaiseEventAsync(id, "go", "on", TestContext.Current.CancellationToken);
        await host.Host.EndOfAsync(id);

        using var response = await host.GetAsync($"{HttpHost.Durable}/instances/{id}?showHistory=true");
        var history = (await HttpHost.JsonAsync(response))["historyEvents"]!.AsArray();

        JsonNode Event(string type) => Assert.Single(history, e => e!["EventType"]!.GetValue<string>() == type)!;
        Assert.Equal("pause", Event("ExecutionSuspended")["Reason"]!.GetValue<string>());
        Assert.Equal("go on", Event("ExecutionResumed")["Reason"]!.GetValue<string>());
        Assert.Equal(
            Event("TimerCreated")["FireAt"]!.GetValue<DateTime>(), Event("TimerFired")["FireAt"]!.GetValue<DateTime>());
        Assert.Equal("\"on\"", Event("EventRaised")["Input"]!.GetValue<string>());
        Assert.Equal("other", Event("EventSent")["InstanceId"]!.GetValue<string>());
        Assert.Equal("Sub", Event("SubOrchestrationInstanceCompleted")["FunctionName"]!.GetValue<string>());
        Assert.Equal("damaged", Event("TaskFailed")["FailureDetails"]!["ErrorMessage"]!.GetValue<string>());
        Assert.Equal("Failed", Event("ExecutionCompleted")["OrchestrationStatus"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_pending_instance_has_no_history_yet()
    {
        var id = await api.InstanceAsync(OrchestrationRuntimeStatus.Pending);

        using var response = await api.GetAsync($"/instances/{id}?showHistory=true");

        Assert.False((await HttpHost.JsonAsync(response)).AsObject().ContainsKey("historyEvents"));
    }

    private async Task<JsonArray> HistoryAsync(string id, string query)
    {
        using var response = await api.GetAsync($"/instances/{id}?{query}");
        return (await HttpHost.JsonAsync(response))["historyEvents"]!.AsArray();
    }
}
