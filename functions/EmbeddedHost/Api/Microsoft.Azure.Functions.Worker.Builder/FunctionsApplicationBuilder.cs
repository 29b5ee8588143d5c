using System.Reflection;
using Highwater.EmbeddedHost;
using Highwater.EmbeddedHost.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>
/// Builds the process that serves the functions of the entry assembly: timers, HTTP and orchestrations.
/// </summary>
public class FunctionsApplicationBuilder : IHostApplicationBuilder
{
    private readonly HostApplicationBuilder _builder;

    internal FunctionsApplicationBuilder(string[] args)
    {
        _builder = Host.CreateApplicationBuilder(args);
    }

    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)_builder).Properties;

    public ConfigurationManager Configuration => _builder.Configuration;

    public IHostEnvironment Environment => _builder.Environment;

    public ILoggingBuilder Logging => _builder.Logging;

    public IMetricsBuilder Metrics => _builder.Metrics;

    public IServiceCollection Services => _builder.Services;

    IConfigurationManager IHostApplicationBuilder.Configuration => _builder.Configuration;

    public IHost Build()
    {
        var app = Assembly.GetEntryAssembly()
            ?? throw new InvalidOperationException("There is no entry assembly to look for functions in.");
        _builder.Services.AddEmbeddedHost(app, EmbeddedHostOptions.FromConfiguration(_builder.Configuration));
        return _builder.Build();
    }

    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull => _builder.ConfigureContainer(factory, configure);
}
