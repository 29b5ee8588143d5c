using System.Collections.Concurrent;
using Highwater.EmbeddedHost.State;
using Highwater.EmbeddedHost.Tests.Sample;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.EmbeddedHost.Tests;

/// <summary>An embedded host with the sample functions over a temporary state directory.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("highwater-host-").FullName;
    private EmbeddedFunctionsHost? _host;

    public Script Script { get; } = new();

    /// <summary>What the host logged, over all its starts.</summary>
    public LogEvents Log { get; } = new();

    public EmbeddedHostOptions Options { get; set; } = new() { StateDirectory = "" };

    public Dictionary<string, string?> Settings { get; } = [];

    /// <summary>What the scoped services of the sample functions were told.</summary>
    public ConcurrentQueue<string> Trace { get; } = [];

    public Action<ILoggingBuilder>? Logging { get; set; }

    /// <summary>Where the state directory is; below the temporary directory unless set.</summary>
    public string? StateRoot { get; set; }

    public string StateDirectory => Path.Combine(StateRoot ?? _directory, "state");

    public EffectFile Effects => new(_directory);

    public EmbeddedFunctionsHost Host => _host!;

    public DurableTaskClient Client => Host.Client;

    public static async Task<TestHost> StartNewAsync(Action<TestHost>? prepare = null)
    {
        var host = new TestHost();
        prepare?.Invoke(host);
        await host.StartAsync();
        return host;
    }

    public static void AddSampleServices(IServiceCollection services, Script script, EffectFile effects) =>
        services.AddSingleton(script).AddSingleton(effects);

    public async Task StartAsync()
    {
        _host = Create();
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }

    public EmbeddedFunctionsHost Create() => EmbeddedFunctionsHost.Create(
        typeof(TestHost).Assembly,
        Options with { StateDirectory = StateDirectory },
        new ConfigurationBuilder().AddInMemoryCollection(Settings).Build(),
        services =>
        {
            AddSampleServices(services, Script, Effects);
            services.AddScoped(_ => new ScopedTrace(Trace));
        },
        logging =>
        {
            logging.AddProvider(Log);
            Logging?.Invoke(logging);
        });

    public async Task StopAsync()
    {
        await _host!.DisposeAsync();
        _host = null;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Starts the script's main orchestration and waits for its end.</summary>
    public async Task<OrchestrationMetadata> RunMainAsync(object? input = null) =>
        await EndOfAsync(await StartMainAsync(input));

    public Task<string> StartMainAsync(object? input = null, StartOrchestrationOptions? options = null) =>
        Client.ScheduleNewOrchestrationInstanceAsync("Main", input, options, TestContext.Current.CancellationToken);

    public async Task<OrchestrationMetadata> EndOfAsync(string instanceId)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var ended = await Client.WaitForInstanceCompletionAsync(instanceId, true, cancellation)
            .WaitAsync(Patience, cancellation);
        if (ended.FailureDetails is { } failure)
        {
            // Many tests expect a failure; those that do not will want to know which it was.
            TestContext.Current.TestOutputHelper?.WriteLine($"{failure}\n{failure.StackTrace}");
        }

        return ended;
    }

    /// <summary>
    /// Runs an orchestration of other code to its end: whatever was ready before it has had its turn.
    /// </summary>
    public async Task RunMainUnrelatedAsync()
    {
        var code = Script.Main;
        Script.Main = _ => Task.FromResult<object?>(null);
        await RunMainAsync();
        Script.Main = code;
    }

    /// <summary>Waits until nothing is left to do now, and moves the clock to where there is again.</summary>
    public async Task AdvanceToNextTimerAsync(FakeTimeProvider time)
    {
        var database = Host.Services.GetRequiredService<StateDatabase>();
        await UntilAsync(() => database.Read(session => session.IsIdle(time.GetUtcNow())));
        var next = database.Read(session => session.NextDelivery(time.GetUtcNow()));
        time.SetUtcNow(next ?? throw new InvalidOperationException("There is no timer to wait for."));
    }

    /// <summary>Lets the time go by in small steps until something has happened.</summary>
    public static Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> reached, TimeSpan? step = null) =>
        UntilAsync(() =>
        {
            if (reached())
            {
                return true;
            }

            time.Advance(step ?? TimeSpan.FromSeconds(1));
            return false;
        });

    public static async Task UntilAsync(Func<bool> reached) => await UntilAsync(() => Task.FromResult(reached()));

    public static async Task UntilAsync(Func<Task<bool>> reached)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, "What was waited for did not come.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }
}
