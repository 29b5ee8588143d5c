using Highwater.EmbeddedHost.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.Http;

/// <summary>Serves the app's HTTP functions, the Durable HTTP API, the admin API and the health probes.</summary>
internal sealed class HttpServer(
    EmbeddedHostOptions options,
    FunctionRoutes functions,
    DurableRoutes durable,
    AdminRoutes admin,
    HealthRoutes health,
    BoundUrls bound,
    ILoggerFactory loggers) : IAsyncDisposable
{
    // By now the engine has stopped, and every request that can be cancelled is: the rest are slow callers.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(2);

    private WebApplication? _app;

    /// <exception cref="AddressRefusedException">No key is set, and an address is not a loopback one.</exception>
    public async Task StartAsync(CancellationToken stopping, CancellationToken cancellation)
    {
        if (options.Urls.Count == 0)
        {
            return;
        }

        if (options.Key is null)
        {
            options.Urls.ToList().ForEach(LoopbackOnly.Require);
        }

        _app = Build(stopping);
        await _app.StartAsync(cancellation);
        bound.Values = [.. _app.Urls];
    }

    public async Task StopAsync(CancellationToken cancellation)
    {
        if (_app is not null)
        {
            await _app.StopAsync(cancellation);
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.DisposeAsync();
        }
    }

    private WebApplication Build(CancellationToken stopping)
    {
        // Empty: nothing of the process's environment or settings files may add an address to those given.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls([.. options.Urls]);
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Drain);
        builder.Services.AddRouting();
        builder.Services.AddMvcCore();
        var app = builder.Build();
        var log = loggers.CreateLogger<HttpServer>();
        app.Use(next => HttpErrors.OfTheHost(next, log, stopping));
        if (options.Key is null)
        {
            app.Use(LoopbackOnly.Filter);
        }

        app.Use(WrongMethodIsNotFound);
        app.UseRouting();
        functions.Map(app, stopping);
        durable.Map(app, stopping);
        admin.Map(app, stopping);
        health.Map(app);
        return app;
    }

    private static async Task WrongMethodIsNotFound(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.Headers.Remove("Allow");
        }
    }
}
