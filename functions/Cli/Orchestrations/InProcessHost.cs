using System.Text.Json;
using Highwater.EmbeddedHost;
using Highwater.Engine.Configuration;
using Highwater.FunctionApp;
using Highwater.FunctionApp.BaseBackup;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Highwater.Cli.Orchestrations;

/// <summary>
/// Runs orchestrations in this process, without timers or HTTP. What an earlier process left unfinished goes on by
/// itself.
/// </summary>
public sealed class InProcessHost : IOrchestrationHost
{
    private static readonly string HostCategory = typeof(EmbeddedFunctionsHost).Namespace!;

    private readonly EmbeddedFunctionsHost _host;

    private InProcessHost(EmbeddedFunctionsHost host)
    {
        _host = host;
    }

    /// <exception cref="StateDirectoryLockedException">Another process works on the state directory.</exception>
    public static async Task<InProcessHost> StartAsync(
        IConfiguration configuration, HighwaterSettings settings, CancellationToken cancellationToken)
    {
        var host = EmbeddedFunctionsHost.Create(
            typeof(BaseBackupOrchestration).Assembly,
            new EmbeddedHostOptions
            {
                StateDirectory = settings.StatePath,
                HistoryRetention = settings.HistoryRetention,
            },
            configuration,
            services => services.AddHighwater(configuration),
            logging => logging
                .AddFilter((category, level) => level >= LogLevel.Warning && !IsToldByTheCommand(category))
                .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        try
        {
            await host.StartAsync(cancellationToken);
            return new InProcessHost(host);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    public Task<bool> TryStartAsync(string name, CancellationToken cancellationToken) =>
        SingletonOrchestration.TryStartAsync(_host.Client, name, cancellationToken);

    public async Task<OrchestrationSnapshot?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var instance = await _host.Client.GetInstanceAsync(name, getInputsAndOutputs: true, cancellationToken);
        if (instance is null)
            return null;
        var failed = instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed;
        return new OrchestrationSnapshot(
            instance.RuntimeStatus,
            Parse(instance.SerializedCustomStatus),
            failed ? JsonSerializer.SerializeToElement(instance.SerializedOutput) : Parse(instance.SerializedOutput));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>What the host says of a failed orchestration and the app of its outcome, the command says too, with
    /// what to do.</summary>
    private static bool IsToldByTheCommand(string? category) =>
        category == typeof(BaseBackupReports).FullName
        || (category?.StartsWith(HostCategory, StringComparison.Ordinal) == true
            && !category.StartsWith(HostCategory + ".State", StringComparison.Ordinal));

    private static JsonElement? Parse(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<JsonElement>(json);
}
