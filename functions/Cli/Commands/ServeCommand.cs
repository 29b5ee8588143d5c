using System.CommandLine;
using Highwater.Cli.Orchestrations;
using Highwater.Cli.Output;
using Highwater.EmbeddedHost;
using Highwater.EmbeddedHost.Http;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Highwater.FunctionApp;
using Highwater.FunctionApp.BaseBackup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater serve</c>.</summary>
public static class ServeCommand
{
    // Leaves time for the rest of the stop before the ten seconds are over that service managers allow at least.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(7);

    private const string DefaultUrls = "http://127.0.0.1:7071";

    public static Command Create()
    {
        var urls = new Option<string>("--urls")
        {
            Description = "Where to listen, several separated by ';'. Loopback only unless HIGHWATER_KEY is set",
            DefaultValueFactory = _ => DefaultUrls,
        };
        return new Command(
            "serve",
            """
            Run the timers (BACKUP_SCHEDULE, WAL_SYNC_SCHEDULE) and the HTTP API until stopped.

            Stopped or killed, it goes on with unfinished work at the next start. One process per HIGHWATER_STATE_PATH.

            Example: highwater serve --urls http://127.0.0.1:7071
            """)
        { urls }.WithAction((arguments, terminal, token) => RunAsync(arguments.GetValue(urls)!, terminal, token));
    }

    private static async Task<ExitCode> RunAsync(string urls, Terminal terminal, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder()
            .AddConfiguration(Settings.Load())
            .AddInMemoryCollection([new KeyValuePair<string, string?>("urls", urls)])
            .Build();
        var settings = HighwaterSettings.Read(configuration);
        await using var host = EmbeddedFunctionsHost.Create(
            typeof(BaseBackupOrchestration).Assembly,
            EmbeddedHostOptions.FromConfiguration(configuration) with { StopTimeout = StopTimeout },
            configuration,
            services => services.AddHighwater(configuration),
            logging => logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
            }));
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (StateDirectoryLockedException e)
        {
            throw OrchestrationHost.Locked(e);
        }
        catch (StateUnusableException e)
        {
            throw OrchestrationHost.Unusable(e);
        }
        catch (AddressRefusedException e)
        {
            throw new HighwaterException(
                ErrorCodes.SettingsInvalid, $"'{e.Url}' would be open to other machines without a key.",
                "set HIGHWATER_KEY to a long random text, or serve a loopback address: --urls http://127.0.0.1:7071",
                e);
        }
        catch (IOException e)
        {
            throw new HighwaterException(ErrorCodes.UsageInvalid, $"The address {urls} cannot be served: {e.Message}",
                "choose a free port: --urls http://127.0.0.1:7072", e);
        }

        terminal.Line($"Serving {string.Join(", ", host.Urls)} for {settings.Postgres}");
        terminal.Line($"  base backups: {settings.Schedules.BaseBackup}   WAL sync: {settings.Schedules.WalSync}");
        foreach (var repository in settings.Repositories)
            terminal.Line($"  repository {repository.Name}: {repository.Address}");
        if (settings.Repositories.Count == 1)
            terminal.Line("  no remote repository: set REMOTE_BACKUP_HOST to have a second copy elsewhere");
        await host.WaitForShutdownAsync(cancellationToken);
        return ExitCode.Done;
    }
}
