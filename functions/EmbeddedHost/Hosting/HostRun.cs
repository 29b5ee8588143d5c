using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Http;
using Highwater.EmbeddedHost.State;
using Highwater.EmbeddedHost.Timers;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>The order in which the host comes up and goes down: lock, database, workers, HTTP, timers.</summary>
internal sealed class HostRun(
    EmbeddedHostOptions options,
    StateDatabase database,
    FunctionIndex functions,
    DurableEngine engine,
    TimerFunctions timers,
    HttpServer http,
    BoundUrls urls,
    ILogger<HostRun> log) : IHostedService
{
    private StateDirectoryLock? _lock;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _lock = await StateDirectoryLock.TakeAsync(options.StateDirectory, cancellationToken);
        try
        {
            database.Open(options.StateDirectory);
            engine.Start();
            await http.StartAsync(engine.Stopping, cancellationToken);
            _lock.Announce(urls.Values.Count > 0 ? urls.Values[0] : null);
            foreach (var timer in options.Timers ? timers.All : [])
            {
                engine.Loop(timer.RunAsync);
            }
        }
        catch
        {
            await StopAsync(CancellationToken.None);
            throw;
        }

        HostLog.Started(log, functions.All.Count, options.StateDirectory);
        foreach (var url in urls.Values)
        {
            HostLog.Serving(log, url);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_lock is null)
        {
            return;
        }

        // Both at once: together they have no longer than the options say.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.StopTimeout);
        await Task.WhenAll(engine.StopAsync(deadline.Token), http.StopAsync(deadline.Token));
        database.Dispose();
        _lock.Dispose();
        _lock = null;
        HostLog.Stopped(log);
    }
}
