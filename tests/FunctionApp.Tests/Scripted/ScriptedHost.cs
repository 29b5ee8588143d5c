using Highwater.EmbeddedHost;
using Highwater.EmbeddedHost.State;
using Highwater.FunctionApp.Tests.Histories;
using Highwater.TestKit.Storage;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>
/// An embedded host that runs the app's orchestrations over scripted activities and a clock moved by hand.
/// </summary>
public sealed class ScriptedHost : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _folder = new("scripted");
    private EmbeddedFunctionsHost? _host;

    public Script Script { get; } = new();

    public FakeTimeProvider Time { get; } = new(Noon);

    public LogEvents Log { get; } = new();

    public DurableTaskClient Client => _host!.Client;

    /// <param name="timers">Whether timers run.</param>
    /// <param name="settings">Settings beyond the defaults the app adds.</param>
    public static async Task<ScriptedHost> StartNewAsync(
        bool timers = false, params (string Name, string Value)[] settings)
    {
        var host = new ScriptedHost();
        await host.StartAsync(timers, settings);
        return host;
    }

    /// <summary>Stops the host as a graceful shutdown does and starts another on the same state.</summary>
    public async Task RestartAsync()
    {
        await _host!.DisposeAsync();
        await StartAsync(timers: false);
    }

    public Task<bool> TryStartAsync(string name) =>
        SingletonOrchestration.TryStartAsync(Client, name, TestContext.Current.CancellationToken);

    /// <summary>Starts an orchestration and lets the time go by until it has ended.</summary>
    public async Task<OrchestrationMetadata> RunAsync(string name)
    {
        Assert.True(await TryStartAsync(name), $"{name} runs already");
        return await EndOfAsync(name);
    }

    /// <summary>Lets the time go by until the instance has ended.</summary>
    public async Task<OrchestrationMetadata> EndOfAsync(string name)
    {
        OrchestrationMetadata? instance = null;
        await Until.TrueAsync(async () =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            instance = await Client.GetInstanceAsync(name, true, TestContext.Current.CancellationToken);
            return instance is { IsCompleted: true };
        });
        return instance!;
    }

    /// <summary>What the state database holds of an instance that has ended.</summary>
    internal SavedHistory HistoryOf(string name) => _host!.Services.GetRequiredService<StateDatabase>()
        .Read(session => SavedHistory.From(session.FindInstance(name)!, session.ReadHistory(name)));

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync(bool timers, params (string Name, string Value)[] settings)
    {
        var builder = new ConfigurationBuilder().AddInMemoryCollection(
            settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value));
        builder.AddHighwaterDefaults();
        _host = EmbeddedFunctionsHost.Create(
            typeof(ScriptedHost).Assembly,
            new EmbeddedHostOptions { StateDirectory = _folder.Path, Timers = timers, TimeProvider = Time },
            builder.Build(),
            services => services.AddSingleton(Script).AddSingleton<TimeProvider>(Time),
            logging => logging.AddProvider(Log));
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }
}
