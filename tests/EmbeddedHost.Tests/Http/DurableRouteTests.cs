using System.Net;

namespace Highwater.EmbeddedHost.Tests.Http;

public class DurableRouteTests
{
    private const string Root = HttpHost.Durable;

    [Fact]
    public async Task Starting_answers_with_where_to_ask_and_asking_waits_with_202_until_it_is_done()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = async context =>
        {
            context.SetCustomStatus(new { Percent = 10 });
            return new { Said = await context.WaitForExternalEvent<string>("go") };
        };

        using var started = await host.PostAsync(Root + "/orchestrators/Main/job", """{"a":1}""");
        var links = await HttpHost.JsonAsync(started);
        await host.Host.Client.WaitForInstanceStartAsync("job", TestContext.Current.CancellationToken);
        using var running = await host.GetAsync(Root + "/instances/job");
        using var raised = await host.PostAsync(Root + "/instances/job/raiseEvent/go", "\"on\"");
        await host.Host.EndOfAsync("job");
        using var done = await host.GetAsync(Root + "/instances/job");
        var status = await HttpHost.JsonAsync(done);

        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("job", links["id"]!.GetValue<string>());
        Assert.Equal(started.Headers.Location!.ToString(), links["statusQueryGetUri"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Accepted, running.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), running.Headers.RetryAfter!.Delta);
        Assert.Equal("Running", (await HttpHost.JsonAsync(running))["runtimeStatus"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Accepted, raised.StatusCode);
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Equal("Main", status["name"]!.GetValue<string>());
        Assert.Equal("""{"a":1}""", status["input"]!.ToJsonString());
        Assert.Equal("""{"Percent":10}""", status["customStatus"]!.ToJsonString());
        Assert.Equal("""{"Said":"on"}""", status["output"]!.ToJsonString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", status["createdTime"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_unknown_orchestration_and_malformed_input_are_bad_requests()
    {
        await using var host = await HttpHost.StartAsync();

        using var unknown = await host.PostAsync(Root + "/orchestrators/Nope");
        using var malformed = await host.PostAsync(Root + "/orchestrators/Main", "{");

        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
        Assert.Contains("'Nope'", (await HttpHost.JsonAsync(unknown))["ExceptionMessage"]!.GetValue<string>(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_id_in_use_is_an_error_with_the_type_of_the_exception()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        using var first = await host.PostAsync(Root + "/orchestrators/Main/job");

        using var second = await host.PostAsync(Root + "/orchestrators/Main/job");

        Assert.Equal(HttpStatusCode.InternalServerError, second.StatusCode);
        Assert.Equal(
            "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
            (await HttpHost.JsonAsync(second))["ExceptionType"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("terminate?reason=enough", "Terminated")]
    [InlineData("suspend?reason=pause", "Suspended")]
    public async Task Commands_are_accepted_while_it_runs(string command, string status)
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        var id = await host.Host.StartMainAsync();
        await host.Host.Client.WaitForInstanceStartAsync(id, TestContext.Current.CancellationToken);

        using var response = await host.PostAsync($"{Root}/instances/{id}/{command}");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        using var after = await host.GetAsync($"{Root}/instances/{id}");
        var shown = await HttpHost.JsonAsync(after);
        Assert.Equal(status, shown["runtimeStatus"]!.GetValue<string>());
        Assert.Equal(command.Split('=')[1], shown["output"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_suspended_instance_can_be_resumed()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        var id = await host.Host.StartMainAsync();
        using var suspended = await host.PostAsync($"{Root}/instances/{id}/suspend");

        using var resumed = await host.PostAsync($"{Root}/instances/{id}/resume");

        Assert.Equal(HttpStatusCode.Accepted, resumed.StatusCode);
        using var after = await host.GetAsync($"{Root}/instances/{id}");
        Assert.Equal("Running", (await HttpHost.JsonAsync(after))["runtimeStatus"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("terminate")]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("raiseEvent/go")]
    public async Task Commands_to_the_unknown_are_404_and_to_the_finished_410(string command)
    {
        await using var host = await HttpHost.StartAsync();
        var ended = await host.Host.RunMainAsync();

        using var unknown = await host.PostAsync($"{Root}/instances/none/{command}", "{}");
        using var finished = await host.PostAsync($"{Root}/instances/{ended.InstanceId}/{command}", "{}");

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.Gone, finished.StatusCode);
    }

    [Fact]
    public async Task An_event_that_is_not_json_is_a_bad_request()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        var id = await host.Host.StartMainAsync();

        using var response = await host.PostAsync($"{Root}/instances/{id}/raiseEvent/go");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(
            "Only application/json request content is supported",
            (await HttpHost.JsonAsync(response))["Message"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_failed_instance_is_200_or_if_asked_for_500_and_says_why()
    {
        await using var host = await HttpHost.StartAsync();
        host.Host.Script.Main = _ => throw new InvalidDataException("damaged");
        var ended = await host.Host.RunMainAsync();

        using var plain = await host.GetAsync($"{Root}/instances/{ended.InstanceId}");
        using var asked = await host.GetAsync(
            $"{Root}/instances/{ended.InstanceId}?returnInternalServerErrorOnFailure=true");

        Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, asked.StatusCode);
        Assert.Equal(
            "System.IO.InvalidDataException: damaged", (await HttpHost.JsonAsync(plain))["output"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_list_is_filtered_and_goes_on_by_a_header()
    {
        await using var host = await HttpHost.StartAsync();
        foreach (var id in new[] { "a1", "a2", "a3", "b1" })
        {
            await host.Host.StartMainAsync(options: new Microsoft.DurableTask.StartOrchestrationOptions(id));
            await host.Host.EndOfAsync(id);
        }

        const string Query = Root + "/instances?instanceIdPrefix=a&top=2&runtimeStatus=Completed,Failed";
        using var first = await host.GetAsync(Query);
        var token = first.Headers.GetValues("x-ms-continuation-token").Single();
        host.Http.DefaultRequestHeaders.Add("x-ms-continuation-token", token);
        using var second = await host.GetAsync(Query);

        Assert.Equal(["a1", "a2"], await IdsAsync(first));
        Assert.Equal(["a3"], await IdsAsync(second));
        Assert.False(second.Headers.Contains("x-ms-continuation-token"));
    }

    [Fact]
    public async Task Purging_counts_what_it_deleted_and_is_404_for_nothing()
    {
        await using var host = await HttpHost.StartAsync();
        var first = await host.Host.RunMainAsync();
        await host.Host.RunMainAsync();

        using var one = await host.DeleteAsync($"{Root}/instances/{first.InstanceId}");
        using var none = await host.DeleteAsync($"{Root}/instances/{first.InstanceId}");
        using var all = await host.DeleteAsync($"{Root}/instances?createdTimeFrom=2000-01-01T00:00:00Z");
        using var endless = await host.DeleteAsync($"{Root}/instances");

        Assert.Equal(1, (await HttpHost.JsonAsync(one))["instancesDeleted"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Equal(1, (await HttpHost.JsonAsync(all))["instancesDeleted"]!.GetValue<int>());
        Assert.Equal(HttpStatusCode.BadRequest, endless.StatusCode);
    }

    private static async Task<List<string>> IdsAsync(HttpResponseMessage response) =>
        [.. (await HttpHost.JsonAsync(response)).AsArray().Select(entry => entry!["instanceId"]!.GetValue<string>())];
}
