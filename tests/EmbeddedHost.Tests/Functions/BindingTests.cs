using Highwater.EmbeddedHost.Tests.Sample;
using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Functions;

public class BindingTests
{
    [Fact]
    public async Task A_class_is_constructed_for_each_call_with_the_services_of_the_calls_own_scope()
    {
        await using var host = await TestHost.StartNewAsync();

        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(InjectedFunctions.Injected), TestContext.Current.CancellationToken);
        var ended = await host.EndOfAsync(id);

        Assert.Equal("7 InjectedStep True True", ended.ReadOutputAs<string>());
        Assert.Equal(
            ["orchestration True", "disposed", "activity True", "disposed", "orchestration True", "disposed"],
            host.Trace);
    }

    [Fact]
    public async Task An_activity_without_a_result_ends_with_the_default_of_the_type_asked_for()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            await context.CallActivityAsync(nameof(InjectedFunctions.Quiet));
            return await context.CallActivityAsync<int>(nameof(InjectedFunctions.Quiet));
        };

        var ended = await host.RunMainAsync();

        Assert.Equal(0, ended.ReadOutputAs<int>());
        Assert.Equal(2, host.Trace.Count(line => line == "void"));
    }

    [Fact]
    public async Task An_orchestration_has_no_token_that_a_stop_of_the_host_could_cancel()
    {
        await using var host = await TestHost.StartNewAsync();

        var id = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(BindingFunctions.Tokens), TestContext.Current.CancellationToken);

        var cancellable = (await host.EndOfAsync(id)).ReadOutputAs<bool[]>()!;
        Assert.Equal([false, false], cancellable);
    }
}
