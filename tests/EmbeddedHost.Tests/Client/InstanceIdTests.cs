using DurableTask.Core.Exceptions;
using Highwater.EmbeddedHost.Tests.Http;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Client;

public class InstanceIdTests(DurableApi api) : IClassFixture<DurableApi>
{
    private static readonly OrchestrationRuntimeStatus[] Statuses =
    [
        OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed,
        OrchestrationRuntimeStatus.Terminated, OrchestrationRuntimeStatus.Pending,
        OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended,
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<OrchestrationRuntimeStatus, OrchestrationRuntimeStatus> EachOfEach() =>
        new(Statuses.SelectMany(found => Statuses.Select(named => (found, named))));

    [Theory]
    [MemberData(nameof(EachOfEach))]
    public async Task A_start_is_refused_in_the_statuses_it_names_and_replaces_in_all_others(
        OrchestrationRuntimeStatus found, OrchestrationRuntimeStatus named)
    {
        var id = await api.InstanceAsync(found);
        var options = new StartOrchestrationOptions(id).WithDedupeStatuses(named);

        var start = () => api.Host.StartMainAsync("again", options);

        if (found == named)
        {
            await Assert.ThrowsAsync<OrchestrationAlreadyExistsException>(start);
            Assert.Equal(found, (await api.Client.GetInstanceAsync(id, Cancellation))!.RuntimeStatus);
        }
        else
        {
            await start();
            Assert.Equal("again", (await api.Host.EndOfAsync(id)).ReadOutputAs<string>());
        }
    }

    [Fact]
    public async Task A_status_that_does_not_exist_is_refused_by_name()
    {
        var options = new StartOrchestrationOptions("one") { DedupeStatuses = ["Nonsense"] };

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => api.Host.StartMainAsync(options: options));

        Assert.Contains("'Nonsense'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@one")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\nb")]
    public async Task An_id_that_the_Functions_host_refuses_is_refused_here(string id)
    {
        await Assert.ThrowsAsync<ArgumentException>(
            () => api.Host.StartMainAsync(options: new StartOrchestrationOptions(id)));
        await Assert.ThrowsAsync<ArgumentException>(
            () => api.Host.StartMainAsync(options: new StartOrchestrationOptions(new string('x', 257))));
    }

    [Fact]
    public async Task An_instance_that_is_replaced_leaves_nothing_of_itself()
    {
        await using var host = await TestHost.StartNewAsync();
        var release = new TaskCompletionSource();
        host.Script.Work = async (input, _) =>
        {
            await release.Task;
            return input;
        };
        host.Script.Main = async context => context.GetInput<string>() == "old"
            ? await context.CallActivityAsync<string>("Work", "old")
            : await context.WaitForExternalEvent<string>("go");
        await host.StartMainAsync("old", new StartOrchestrationOptions("one"));
        await host.Client.WaitForInstanceStartAsync("one", Cancellation);
        await host.Client.RaiseEventAsync("one", "go", "for the old one", Cancellation);

        await host.StartMainAsync("new", new StartOrchestrationOptions("one").WithDedupeStatuses());
        await host.Client.WaitForInstanceStartAsync("one", Cancellation);
        release.SetResult();
        await host.RunMainUnrelatedAsync();
        await host.Client.RaiseEventAsync("one", "go", "for the new one", Cancellation);

        Assert.Equal("for the new one", (await host.EndOfAsync("one")).ReadOutputAs<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_has_the_same_name_and_input_under_the_same_id_or_a_new_one(bool isNewId)
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = context => Task.FromResult<object?>(context.GetInput<string>());
        var first = await host.RunMainAsync("in");

        var id = await host.Client.RestartAsync(first.InstanceId, isNewId, Cancellation);
        var second = await host.EndOfAsync(id);

        Assert.Equal(isNewId, id != first.InstanceId);
        Assert.Equal("Main", second.Name);
        Assert.Equal("in", second.ReadOutputAs<string>());
        Assert.True(second.CreatedAt >= first.LastUpdatedAt);
    }

    [Fact]
    public async Task A_restart_of_the_unknown_or_under_the_id_of_the_running_is_refused()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context => await context.WaitForExternalEvent<string>("never");
        var running = await host.StartMainAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => host.Client.RestartAsync("none", false, Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => host.Client.RestartAsync(running, false, Cancellation));
        Assert.NotEqual(running, await host.Client.RestartAsync(running, true, Cancellation));
    }
}
