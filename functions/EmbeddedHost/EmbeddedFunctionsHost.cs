using System.Reflection;
using Highwater.EmbeddedHost.Hosting;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost;

/// <summary>
/// Runs the functions of one assembly inside this process. Starting it resumes whatever orchestrations an earlier
/// process left unfinished in the state directory.
/// </summary>
public sealed class EmbeddedFunctionsHost : IAsyncDisposable
{
    private readonly IHost _host;

    private EmbeddedFunctionsHost(IHost host)
    {
        _host = host;
    }

    /// <summary>Valid from <see cref="StartAsync"/> to <see cref="StopAsync"/>.</summary>
    public DurableTaskClient Client => _host.Services.GetRequiredService<DurableTaskClient>();

    public IServiceProvider Services => _host.Services;

    /// <summary>What is served, with the ports really bound; empty without HTTP.</summary>
    public IReadOnlyList<string> Urls => _host.Services.GetRequiredService<BoundUrls>().Values;

    /// <param name="app">The assembly with the functions.</param>
    /// <param name="options">What to serve and where to keep state.</param>
    /// <param name="configuration">The settings that functions and <c>%NAME%</c> schedules read.</param>
    /// <param name="configureServices">The services that functions are constructed with.</param>
    /// <param name="configureLogging">Where to log to; nowhere when null.</param>
    public static EmbeddedFunctionsHost Create(
        Assembly app,
        EmbeddedHostOptions options,
        IConfiguration configuration,
        Action<IServiceCollection>? configureServices = null,
        Action<ILoggingBuilder>? configureLogging = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configuration);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddConfiguration(configuration);
        configureLogging?.Invoke(builder.Logging);

        // It logs, with a stack trace, why the host does not start or stop: whoever called gets that as the exception.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        configureServices?.Invoke(builder.Services);
        builder.Services.AddEmbeddedHost(app, options);
        return new EmbeddedFunctionsHost(builder.Build());
    }

    /// <exception cref="StateDirectoryLockedException">Another process works on the state directory.</exception>
    public Task StartAsync(CancellationToken cancellation = default) => _host.StartAsync(cancellation);

    /// <summary>
    /// Cancels running activities, which run again at the next start, and lets go of the state directory.
    /// </summary>
    public Task StopAsync(CancellationToken cancellation = default) => _host.StopAsync(cancellation);

    /// <summary>
    /// Waits until the process is told to stop (Ctrl+C, SIGTERM) or the token is cancelled, then stops.
    /// </summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation = default) =>
        _host.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            _host.Dispose();
        }
    }
}
