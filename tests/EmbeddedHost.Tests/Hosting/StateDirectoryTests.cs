namespace Highwater.EmbeddedHost.Tests.Hosting;

public class StateDirectoryTests
{
    [Fact]
    public async Task A_second_host_on_the_same_directory_is_refused_with_the_process_id_of_the_first()
    {
        await using var host = await TestHost.StartNewAsync(
            host => host.Options = host.Options with { Urls = ["http://127.0.0.1:0"] });
        await using var second = host.Create();

        var refused = await Assert.ThrowsAsync<StateDirectoryLockedException>(
            () => second.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(new RunningHost(Environment.ProcessId, host.Host.Urls[0]), refused.Holder);
        Assert.Equal(refused.Holder, RunningHost.Find(host.StateDirectory));
    }

    [Fact]
    public async Task A_stopped_host_is_not_found_and_the_next_may_start()
    {
        await using var host = await TestHost.StartNewAsync();
        Assert.NotNull(RunningHost.Find(host.StateDirectory));

        await host.StopAsync();

        Assert.Null(RunningHost.Find(host.StateDirectory));
        await host.StartAsync();
        Assert.Equal(Environment.ProcessId, RunningHost.Find(host.StateDirectory)!.ProcessId);
    }

    [Fact]
    public async Task What_a_dead_process_left_behind_is_nobody()
    {
        await using var host = await TestHost.StartNewAsync();
        await host.StopAsync();
        await File.WriteAllTextAsync(
            Path.Combine(host.StateDirectory, "host.json"),
            """{"ProcessId":4194304,"Url":null}""",
            TestContext.Current.CancellationToken);

        Assert.Null(RunningHost.Find(host.StateDirectory));
        await host.StartAsync();
    }

    [Fact]
    public async Task A_host_whose_start_failed_lets_go_of_the_directory()
    {
        await using var host = new TestHost { Options = new() { StateDirectory = "", Urls = ["http://0.0.0.0:0"] } };
        await Assert.ThrowsAnyAsync<InvalidOperationException>(host.StartAsync);

        Assert.Null(RunningHost.Find(host.StateDirectory));
    }
}
