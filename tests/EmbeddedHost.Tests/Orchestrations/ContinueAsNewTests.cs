using Microsoft.DurableTask;

namespace Highwater.EmbeddedHost.Tests.Orchestrations;

public class ContinueAsNewTests
{
    [Fact]
    public async Task It_begins_anew_under_the_same_id_with_the_new_input()
    {
        await using var host = await TestHost.StartNewAsync();
        var seen = new List<(string Id, int Input)>();
        host.Script.Main = async context =>
        {
            var round = context.GetInput<int>();
            if (!context.IsReplaying)
            {
                seen.Add((context.InstanceId, round));
            }

            await context.CallActivityAsync("Work");
            if (round < 3)
            {
                context.ContinueAsNew(round + 1);
            }

            return round;
        };

        var ended = await host.RunMainAsync(1);

        Assert.Equal([(ended.InstanceId, 1), (ended.InstanceId, 2), (ended.InstanceId, 3)], seen);
        Assert.Equal(3, ended.ReadOutputAs<int>());
        Assert.Equal(3, ended.ReadInputAs<int>());
    }

    [Fact]
    public async Task Events_nobody_awaited_yet_go_over()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            if (context.GetInput<int>() == 0)
            {
                await context.WaitForExternalEvent<string>("go");
                context.ContinueAsNew(1);
                return null;
            }

            return await context.WaitForExternalEvent<string>("left")
                + await context.WaitForExternalEvent<string>("left");
        };
        var id = await host.StartMainAsync(0);
        var cancellation = TestContext.Current.CancellationToken;

        await host.Client.RaiseEventAsync(id, "left", "a", cancellation);
        await host.Client.RaiseEventAsync(id, "left", "b", cancellation);
        await host.Client.RaiseEventAsync(id, "go", null, cancellation);

        Assert.Equal("\"ab\"", (await host.EndOfAsync(id)).SerializedOutput);
        Assert.Equal("ab", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }

    [Fact]
    public async Task Events_nobody_awaited_yet_are_dropped_if_the_options_say_so()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Main = async context =>
        {
            if (context.GetInput<int>() == 0)
            {
                context.SetCustomStatus("first run");
                await context.WaitForExternalEvent<string>("go");
                context.ContinueAsNew(new ContinueAsNewOptions { NewInput = 1, PreserveUnprocessedEvents = false });
                return null;
            }

            return await context.WaitForExternalEvent<string>("word");
        };
        var id = await host.StartMainAsync(0);
        var cancellation = TestContext.Current.CancellationToken;

        await host.Client.RaiseEventAsync(id, "word", "dropped", cancellation);
        await host.Client.RaiseEventAsync(id, "go", cancellation);
        await TestHost.UntilAsync(async () => (await host.Client.GetInstanceAsync(id, true))!.ReadInputAs<int>() == 1);
        await host.Client.RaiseEventAsync(id, "word", "kept", cancellation);
        var ended = await host.EndOfAsync(id);

        Assert.Equal("kept", ended.ReadOutputAs<string>());
        Assert.Equal("first run", ended.ReadCustomStatusAs<string>());
    }

    [Fact]
    public async Task The_answer_to_a_call_of_the_run_before_is_not_taken_for_one_of_the_new_run()
    {
        await using var host = await TestHost.StartNewAsync();
        using var hold = new SemaphoreSlim(0);
        host.Script.Work = async (input, context) =>
        {
            await (input == "old" ? hold.WaitAsync(context.CancellationToken) : Task.CompletedTask);
            return input;
        };
        host.Script.Main = async context =>
        {
            if (context.GetInput<int>() == 0)
            {
                _ = context.CallActivityAsync<string>("Work", "old");
                context.ContinueAsNew(1);
                return null;
            }

            await context.WaitForExternalEvent<string>("go");
            return await context.CallActivityAsync<string>("Work", "new");
        };
        var id = await host.StartMainAsync(0);
        await TestHost.UntilAsync(async () => (await host.Client.GetInstanceAsync(id, true))!.ReadInputAs<int>() == 1);

        hold.Release();
        await host.Client.RaiseEventAsync(id, "go", null, TestContext.Current.CancellationToken);

        Assert.Equal("new", (await host.EndOfAsync(id)).ReadOutputAs<string>());
    }
}
