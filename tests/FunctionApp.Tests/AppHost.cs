using Highwater.EmbeddedHost;
using Highwater.FunctionApp.BaseBackup;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;

namespace Highwater.FunctionApp.Tests;

/// <summary>The app as it is shipped, in an embedded host with settings of its own.</summary>
public sealed class AppHost : IAsyncDisposable
{
    private readonly TempDirectory _folder = new("app");
    private EmbeddedFunctionsHost? _host;

    public AppHost()
    {
        Settings = new()
        {
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = $"{FreePort.Find()}",
            ["POSTGRES_USER"] = "nobody",
            ["WAL_SPOOL_PATH"] = _folder.Combine("spool"),
            ["LOCAL_BACKUP_PATH"] = _folder.Combine("local"),
        };
    }

    /// <summary>The settings; without a server and a remote host, no activity gets far.</summary>
    public Dictionary<string, string?> Settings { get; }

    public string Local => _folder.Combine("local");

    public DurableTaskClient Client => _host!.Client;

    /// <summary>Where the API is served.</summary>
    public Uri Url => new(_host!.Urls[0]);

    /// <summary>Points the settings at a server and a remote host.</summary>
    public void Use(PostgresServer postgres, SshServer ssh)
    {
        Settings["POSTGRES_PORT"] = $"{postgres.Port}";
        Settings["POSTGRES_USER"] = PostgresServer.Superuser;
        Settings["POSTGRES_PASSWORD"] = PostgresServer.SuperuserPassword;
        Settings["WAL_SPOOL_PATH"] = postgres.SpoolPath;
        Settings["REMOTE_BACKUP_HOST"] = SshServer.Host;
        Settings["REMOTE_BACKUP_PORT"] = $"{ssh.Port}";
        Settings["REMOTE_BACKUP_USER"] = SshServer.User;
        Settings["REMOTE_BACKUP_PATH"] = Path.Combine(ssh.Files, "repository");
        Settings["REMOTE_BACKUP_KEY_FILE"] = ssh.Ed25519Key;
        Settings["REMOTE_BACKUP_KNOWN_HOSTS"] = ssh.KnownHosts;
    }

    public async Task StartAsync(bool timers = false)
    {
        _host = Create(timers);
        await _host.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A host on the same state, not started.</summary>
    public EmbeddedFunctionsHost Create(bool timers = false)
    {
        var builder = new ConfigurationBuilder().AddInMemoryCollection(Settings);
        builder.AddHighwaterDefaults();
        var configuration = builder.Build();
        return EmbeddedFunctionsHost.Create(
            typeof(BaseBackupOrchestration).Assembly,
            new EmbeddedHostOptions
            {
                StateDirectory = _folder.Combine("state"),
                Urls = ["http://127.0.0.1:0"],
                Timers = timers,
            },
            configuration,
            services => services.AddHighwater(configuration));
    }

    /// <summary>Stops as a graceful shutdown does and starts another host on the same state.</summary>
    public async Task RestartAsync()
    {
        await _host!.DisposeAsync();
        await StartAsync();
    }

    public async Task<OrchestrationMetadata> EndOfAsync(string name) =>
        await Client.WaitForInstanceCompletionAsync(name, true, TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        _folder.Dispose();
    }
}
