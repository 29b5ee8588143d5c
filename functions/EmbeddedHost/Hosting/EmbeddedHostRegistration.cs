using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>Adds the host's parts to the services of an app.</summary>
internal static class EmbeddedHostRegistration
{
    public static IServiceCollection AddEmbeddedHost(
        this IServiceCollection services, Assembly app, EmbeddedHostOptions options)
    {
        services.AddLogging();
        services.AddSingleton(options);
        services.AddSingleton<BoundUrls>();
        services.TryAddSingleton(options.TimeProvider);
        return services;
    }
}
