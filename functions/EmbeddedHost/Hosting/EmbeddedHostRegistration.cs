using System.Reflection;
using Highwater.EmbeddedHost.Client;
using Highwater.EmbeddedHost.Dispatch;
using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Http;
using Highwater.EmbeddedHost.State;
using Highwater.EmbeddedHost.Timers;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>Adds the host's parts to the services of an app.</summary>
internal static class EmbeddedHostRegistration
{
    public static IServiceCollection AddEmbeddedHost(
        this IServiceCollection services, Assembly app, EmbeddedHostOptions options)
    {
        services.AddLogging();
        services.TryAddSingleton(options.TimeProvider);
        services.AddSingleton(options);
        services.AddSingleton(new FunctionIndex(app));
        services.AddSingleton<FunctionInvoker>();
        services.AddSingleton<StateDatabase>();
        services.AddSingleton<ReadyQueue>();
        services.AddSingleton<InstanceSignals>();
        services.AddSingleton<DurableTimers>();
        services.AddSingleton<Effects>();
        services.AddSingleton<GivingUp>();
        services.AddSingleton<OrchestrationWorker>();
        services.AddSingleton<ActivityWorker>();
        services.AddSingleton<HistoryRetention>();
        services.AddSingleton<DurableEngine>();
        services.AddSingleton<DurableTaskClient, EmbeddedDurableTaskClient>();
        services.AddSingleton<TimerFunctions>();
        services.AddSingleton<FunctionByHand>();
        services.AddSingleton<FunctionRoutes>();
        services.AddSingleton<HostKeys>();
        services.AddSingleton<ManagementPayload>();
        services.AddSingleton<InstanceStarting>();
        services.AddSingleton<InstanceQueries>();
        services.AddSingleton<InstanceCommandRoutes>();
        services.AddSingleton<DurableRoutes>();
        services.AddSingleton<FunctionListing>();
        services.AddSingleton<AdminRoutes>();
        services.AddSingleton<HealthRoutes>();
        services.AddSingleton<HttpServer>();
        services.AddSingleton<BoundUrls>();
        services.AddHostedService<HostRun>();
        if (!options.Timers && options.Urls.Count == 0)
        {
            // A command that runs orchestrations in passing answers Ctrl+C itself.
            services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        }

        return services;
    }
}
