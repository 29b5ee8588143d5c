using Highwater.Engine.Backup;
using Highwater.Engine.Configuration;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Retention;
using Highwater.Engine.Verification;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp;

/// <summary>Everything the functions are constructed with.</summary>
public static class HighwaterRegistration
{
    /// <summary>Reads the settings and registers what works by them.</summary>
    /// <exception cref="Engine.Errors.HighwaterException">The settings have faults: all of them are named.</exception>
    public static IServiceCollection AddHighwater(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = HighwaterSettings.Read(configuration);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Postgres);
        services.AddSingleton(settings.Wal);
        services.AddSingleton(settings.WalStream);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new Repositories(
            settings.Repositories,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Repositories>>()));
        services.AddTransient<PrepareRepository>();
        services.AddTransient<ClusterRepositories>();
        services.AddTransient<CheckServer>();
        services.AddTransient<ReadBackupProgress>();
        services.AddTransient<TakeBaseBackup>();
        services.AddTransient<ReplicateBackup>();
        services.AddSingleton<StoredWalProofs>();
        services.AddTransient<ArchiveSpooledWal>();
        services.AddTransient<ReplicateWal>();
        services.AddTransient<StreamWal>();
        services.AddTransient<CatchUpWal>();
        services.AddTransient<TakeWal>();
        services.AddTransient<FindWalGap>();
        services.AddTransient<AwaitWal>();
        services.AddTransient<VerifyRepository>();
        services.AddTransient<PruneRepository>();
        return services;
    }
}
