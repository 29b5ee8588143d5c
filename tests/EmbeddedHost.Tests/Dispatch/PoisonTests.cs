using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests.Dispatch;

/// <summary>Instances and activities that the host cannot carry on, however often it tries.</summary>
public sealed class PoisonTests : IAsyncLifetime
{
    private const int StepFailed = 7103;
    private const int StepWaits = 7104;
    private const int InstanceGivenUp = 7105;
    private const int ActivityGivenUp = 7117;
    private const int ResultRefused = 7114;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero));
    private TestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await TestHost.StartNewAsync(
        host => host.Options = host.Options with { TimeProvider = _time });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Steps_that_cannot_be_written_hold_up_nobody_and_end_as_failed()
    {
        Change(
            """
            CREATE TRIGGER poison BEFORE INSERT ON history WHEN new.instance_id LIKE 'poison%' AND new.kind <> 4
            BEGIN SELECT RAISE(ABORT, 'not this one'); END
            """);
        foreach (var i in Enumerable.Range(0, 20))
        {
            await _host.StartMainAsync(options: new StartOrchestrationOptions($"poison{i}"));
        }

        await TestHost.UntilAsync(() => _host.Log.CountOf(StepFailed) == 20);
        var healthy = await _host.RunMainAsync();
        Assert.Equal(OrchestrationRuntimeStatus.Completed, healthy.RuntimeStatus);
        Assert.Equal(20, _host.Log.CountOf(StepFailed));

        await TestHost.AdvanceUntilAsync(_time, () => _host.Log.CountOf(InstanceGivenUp) == 20);
        var ended = await _host.EndOfAsync("poison0");
        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains("not this one", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(20 * 4, _host.Log.CountOf(StepFailed));
    }

    [Fact]
    public async Task What_arrives_for_a_step_that_failed_does_not_wake_it_early()
    {
        Change(
            """
            CREATE TRIGGER poison BEFORE INSERT ON history WHEN new.instance_id = 'poison'
            BEGIN SELECT RAISE(ABORT, 'not this one'); END
            """);
        await _host.StartMainAsync(options: new StartOrchestrationOptions("poison"));
        await TestHost.UntilAsync(() => _host.Log.CountOf(StepFailed) == 1);

        for (var i = 0; i < 20; i++)
        {
            await _host.Client.RaiseEventAsync("poison", "go", TestContext.Current.CancellationToken);
            await _host.RunMainUnrelatedAsync();
        }

        Assert.Equal(1, _host.Log.CountOf(StepFailed));
        Change("DROP TRIGGER poison");
        await TestHost.AdvanceUntilAsync(
            _time, () => Find("poison").RuntimeStatus == OrchestrationRuntimeStatus.Completed);
    }

    [Fact]
    public async Task A_history_that_cannot_be_read_ends_its_instance_and_its_parent_is_told()
    {
        _host.Script.Sub = async context => await context.WaitForExternalEvent<string>("go");
        _host.Script.Main = async context =>
        {
            try
            {
                return await context.CallSubOrchestratorAsync<string>(
                    "Sub", options: new SubOrchestrationOptions(instanceId: "unreadable"));
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };
        var main = await _host.StartMainAsync();
        await TestHost.UntilAsync(() => _host.Client.GetInstanceAsync("unreadable") is { Result.IsRunning: true });

        Change("UPDATE history SET kind = 99999999999 WHERE instance_id = 'unreadable'");
        await _host.Client.RaiseEventAsync("unreadable", "go", TestContext.Current.CancellationToken);
        await TestHost.AdvanceUntilAsync(
            _time, () => Find("unreadable").RuntimeStatus == OrchestrationRuntimeStatus.Failed);

        var said = (await _host.EndOfAsync(main)).ReadOutputAs<string>();
        Assert.Contains("could not be run in 5 attempts", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_that_cannot_be_read_ends_its_instance_and_others_go_on()
    {
        var started = 0;
        _host.Script.Work = async (input, context) =>
        {
            if (input == "first" && Interlocked.Increment(ref started) == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            }

            return input;
        };
        _host.Script.Main = async context =>
            await context.CallActivityAsync<string>("Work", context.GetInput<string>());
        var id = await _host.StartMainAsync("first");
        await TestHost.UntilAsync(() => started == 1);
        await _host.StopAsync();
        using (var session = StateSession.Open(Path.Combine(_host.StateDirectory, "state.db")))
        {
            Assert.Equal(1, session.Execute("UPDATE activities SET task_id = 99999999999"));
        }

        await _host.StartAsync();
        Assert.Equal("second", (await _host.RunMainAsync("second")).ReadOutputAs<string>());
        await TestHost.AdvanceUntilAsync(_time, () => Find(id).RuntimeStatus == OrchestrationRuntimeStatus.Failed);

        Assert.Equal(1, _host.Log.CountOf(ActivityGivenUp));
        Assert.Equal(1, started);
        await _host.RestartAsync();
        Assert.Equal(0L, Ask("SELECT count(*) FROM activities"));
    }

    [Fact]
    public async Task A_result_that_the_database_refuses_is_the_failure_of_its_activity_which_ran_once()
    {
        var runs = 0;
        _host.Script.Work = (_, _) => Task.FromResult<string?>($"{++runs}");
        _host.Script.Main = async context =>
        {
            try
            {
                return await context.CallActivityAsync<string>("Work");
            }
            catch (TaskFailedException e)
            {
                return e.FailureDetails.ErrorMessage;
            }
        };
        Change(
            """
            CREATE TRIGGER poison BEFORE INSERT ON inbox WHEN new.kind = 11
            BEGIN SELECT RAISE(ABORT, 'too large'); END
            """);

        var said = (await _host.RunMainAsync()).ReadOutputAs<string>();

        Assert.Contains("too large", said, StringComparison.Ordinal);
        Assert.Equal((1, 1), (runs, _host.Log.CountOf(ResultRefused)));
    }

    [Fact]
    public async Task Trouble_with_the_database_costs_no_instance_an_attempt()
    {
        var id = await _host.StartMainAsync(
            options: new StartOrchestrationOptions(StartAt: _time.GetUtcNow().AddMinutes(1)));
        Pragma("query_only = 1");
        await TestHost.AdvanceUntilAsync(_time, () => _host.Log.CountOf(StepWaits) >= 12);
        Assert.Equal(OrchestrationRuntimeStatus.Pending, Find(id).RuntimeStatus);

        Pragma("query_only = 0");
        await TestHost.AdvanceUntilAsync(_time, () => Find(id).RuntimeStatus == OrchestrationRuntimeStatus.Completed);
        Assert.Equal(0, _host.Log.CountOf(StepFailed));
    }

    private StateDatabase Database => _host.Host.Services.GetRequiredService<StateDatabase>();

    private void Change(string sql) => Database.Write(CommitKind.Schema, "test", session => session.Execute(sql));

    private void Pragma(string pragma) => Database.Read(session => session.Execute("PRAGMA " + pragma));

    private long Ask(string sql) => Database.Read(session => session.Scalar<long>(sql));

    private OrchestrationMetadata Find(string id) =>
        _host.Client.GetInstanceAsync(id, TestContext.Current.CancellationToken).Result!;
}
