using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.State;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>The order in which the host comes up and goes down: lock, database, workers.</summary>
internal sealed class HostRun(
    EmbeddedHostOptions options,
    StateDatabase database,
    FunctionIndex functions,
    DurableEngine engine,
    ILogger<HostRun> log) : IHostedService, IDisposable
{
    private StateDirectoryLock? _lock;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _lock = await StateDirectoryLock.TakeAsync(options.StateDirectory, cancellationToken);
        database.Open(options.StateDirectory);
        engine.Start();
        HostLog.Started(log, functions.All.Count, options.StateDirectory);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_lock is null)
        {
            return;
        }

        await engine.StopAsync();
        database.Dispose();
        _lock.Dispose();
        _lock = null;
        HostLog.Stopped(log);
    }

    public void Dispose() => _lock?.Dispose();
}
