using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

/// <summary>
/// Runs a scenario with the real host over a real database. The clock moves only when nothing is left to do.
/// </summary>
internal sealed class ScenarioRun(Scenario scenario, CancellationToken cancellation) : IAsyncDisposable
{
    private const string Root = "root";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("highwater-model-").FullName;
    private readonly World _world = new();
    private Incarnation _life = null!;
    private EmbeddedFunctionsHost _host = null!;
    private int _lives;

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public IReadOnlyList<Effect> Effects => _world.Effects;

    public int Killed => _lives - 1;

    /// <summary>Rows that nobody will ever look at again.</summary>
    public long Litter => Database.Read(session => session.Scalar<long>(
        """
        SELECT (SELECT count(*) FROM activities)
            + (SELECT count(*) FROM inbox JOIN instances USING (instance_id) WHERE status IN (1, 3, 5))
        """));

    private StateDatabase Database => _host.Services.GetRequiredService<StateDatabase>();

    public async Task<OrchestrationMetadata> RunAsync()
    {
        await BeginLifeAsync(Path.Combine(_directory, "life0"));
        await _host.Client.ScheduleNewOrchestrationInstanceAsync(
            ProgramFunctions.Orchestration,
            ProgramInput.Of(scenario.Rounds),
            new StartOrchestrationOptions(Root),
            cancellation);
        foreach (var action in scenario.Actions)
        {
            await AdvanceAsync(Start.AddSeconds(action.Second));
            _world.Time.SetUtcNow(Start.AddSeconds(action.Second));
            await IdleAsync();
            await PerformAsync(action);
        }

        await AdvanceAsync(DateTimeOffset.MaxValue);
        return await RootAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private async Task BeginLifeAsync(string stateDirectory)
    {
        int? killAt = _lives < scenario.Kills.Length ? scenario.Kills[_lives] : null;
        _lives++;
        _life = new Incarnation(_world, killAt, Path.Combine(_directory, $"life{_lives}"))
        {
            StateDirectory = stateDirectory,
        };
        await StartHostAsync();
    }

    private async Task StartHostAsync()
    {
        _host = EmbeddedFunctionsHost.Create(
            typeof(ScenarioRun).Assembly,
            new EmbeddedHostOptions { StateDirectory = _life.StateDirectory, TimeProvider = _world.Time },
            new ConfigurationBuilder().Build(),
            services => services.AddSingleton(_life));
        _life.Database = Database;
        await _host.StartAsync(cancellation);
    }

    private async Task PerformAsync(DriverAction action)
    {
        if (action.Kind == DriverActionKind.Restart)
        {
            await _host.DisposeAsync();
            await StartHostAsync();
            return;
        }

        if ((await RootAsync()).IsCompleted)
        {
            return;
        }

        var client = _host.Client;
        await (action.Kind switch
        {
            DriverActionKind.Raise => client.RaiseEventAsync(Root, action.EventName, $"{action.Second}", cancellation),
            DriverActionKind.Suspend => client.SuspendInstanceAsync(Root, cancellation),
            DriverActionKind.Resume => client.ResumeInstanceAsync(Root, cancellation),
            _ => client.TerminateInstanceAsync(
                Root,
                new TerminateInstanceOptions("cut", action.Kind == DriverActionKind.TerminateWithSubs),
                cancellation),
        });
    }

    /// <summary>Lets everything happen that is due until then, one moment after the other.</summary>
    private async Task AdvanceAsync(DateTimeOffset until)
    {
        while (true)
        {
            await IdleAsync();
            var next = Database.Read(session => session.NextDelivery(_world.Time.GetUtcNow()));
            if (next is null || next > until)
            {
                return;
            }

            _world.Time.SetUtcNow(next.Value);
        }
    }

    private async Task IdleAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var idle = Database.Read(session => session.IsIdle(_world.Time.GetUtcNow()));
            if (_life.Grave is { } grave)
            {
                await _host.DisposeAsync();
                await BeginLifeAsync(grave);
            }
            else if (idle)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"The host is not idle at second {_world.Second}.");
            }

            await Task.Delay(1, cancellation);
        }
    }

    private async Task<OrchestrationMetadata> RootAsync() =>
        (await _host.Client.GetInstanceAsync(Root, true, cancellation))!;
}
