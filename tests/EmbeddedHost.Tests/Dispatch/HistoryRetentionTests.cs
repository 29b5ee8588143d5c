using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Dispatch;

public sealed class HistoryRetentionTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero));
    private TestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await TestHost.StartNewAsync(
        host => host.Options = host.Options with { TimeProvider = _time, HistoryRetention = TimeSpan.FromDays(30) });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_finished_longer_ago_is_forgotten_and_what_still_runs_is_not()
    {
        _host.Script.Main = async context =>
            context.GetInput<string>() == "wait" ? await context.WaitForExternalEvent<string>("go") : "done";
        for (var i = 0; i < 120; i++)
        {
            await _host.EndOfAsync(await _host.StartMainAsync("end", new StartOrchestrationOptions($"old{i}")));
        }

        await _host.StartMainAsync("wait", new StartOrchestrationOptions("waiting"));
        await TestHost.UntilAsync(() => Ask("SELECT count(*) FROM history WHERE instance_id = 'waiting'") > 0);
        _time.Advance(TimeSpan.FromDays(29));
        await _host.EndOfAsync(await _host.StartMainAsync("end", new StartOrchestrationOptions("young")));
        Assert.Equal(122, Ask("SELECT count(*) FROM instances"));

        _time.Advance(TimeSpan.FromDays(1));
        await TestHost.AdvanceUntilAsync(
            _time, () => Ask("SELECT count(*) FROM instances") == 2, TimeSpan.FromMinutes(1));

        Assert.NotNull(await _host.Client.GetInstanceAsync("young", TestContext.Current.CancellationToken));
        await _host.Client.RaiseEventAsync("waiting", "go", "on", TestContext.Current.CancellationToken);
        Assert.Equal(
            OrchestrationRuntimeStatus.Completed, (await _host.EndOfAsync("waiting")).RuntimeStatus);
        Assert.Equal(0, Ask("SELECT count(*) FROM history WHERE instance_id LIKE 'old%'"));
    }

    [Fact]
    public async Task The_file_gets_smaller_when_much_was_forgotten()
    {
        var payload = new string('x', 200_000);
        _host.Script.Main = _ => Task.FromResult<object?>(payload);
        for (var i = 0; i < 60; i++)
        {
            await _host.EndOfAsync(await _host.StartMainAsync());
        }

        var before = Ask("PRAGMA page_count");
        await TestHost.AdvanceUntilAsync(
            _time, () => Ask("PRAGMA page_count") < before / 2, TimeSpan.FromHours(12));

        Assert.Equal(0, Ask("SELECT count(*) FROM instances"));
        Assert.Equal("ok", Database.Read(session => session.Scalar<string>("PRAGMA integrity_check")));
    }

    [Fact]
    public async Task An_instance_that_is_started_again_and_again_keeps_the_file_at_its_size()
    {
        var payload = new string('x', 100_000);
        _host.Script.Work = (_, _) => Task.FromResult<string?>(payload);
        _host.Script.Main = async context => await context.CallActivityAsync<string>("Work");
        var sizes = new List<long>();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 40; i++)
            {
                await _host.EndOfAsync(
                    await _host.StartMainAsync(options: new StartOrchestrationOptions("the one")));
            }

            sizes.Add(Ask("PRAGMA page_count"));
        }

        Assert.Equal(1, Ask("SELECT count(*) FROM instances"));
        Assert.InRange(sizes[2], 1, sizes[1] + 100);
        var log = new FileInfo(Path.Combine(_host.StateDirectory, "state.db-wal"));
        Assert.InRange(log.Length, 0, 10 << 20);
    }

    private StateDatabase Database => _host.Host.Services.GetRequiredService<StateDatabase>();

    private long Ask(string sql) => Database.Read(session => session.Scalar<long>(sql));
}
