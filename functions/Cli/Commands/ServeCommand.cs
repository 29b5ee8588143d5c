using System.CommandLine;
using System.Net.Sockets;
using Highwater.Cli.Orchestrations;
using Highwater.Cli.Output;
using Highwater.EmbeddedHost;
using Highwater.EmbeddedHost.Http;
using Highwater.Engine.Configuration;
using Highwater.Engine.Errors;
using Highwater.FunctionApp;
using Highwater.FunctionApp.BaseBackup;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;

namespace Highwater.Cli.Commands;

/// <summary><c>highwater serve</c>.</summary>
public static class ServeCommand
{
    // Leaves time for the rest of the stop before the ten seconds are over that service managers allow at least.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(7);

    private const string DefaultUrls = "http://127.0.0.1:7071";

    /// <summary>The verb.</summary>
    public const string Name = "serve";

    public static Command Create()
    {
        var urls = new Option<string>("--urls")
        {
            Description = "Where to listen, several separated by ';'. Loopback only unless HIGHWATER_KEY is set",
            DefaultValueFactory = _ => DefaultUrls,
        };
        var format = new Option<string?>("--log-format")
        {
            Description = "plain, or json: one object a line. Wins over HIGHWATER_LOG_FORMAT",
        };
        format.AcceptOnlyFromAmong("plain", "json");
        return new Command(
            Name,
            """
            Run the timers (BACKUP_SCHEDULE, WAL_SYNC_SCHEDULE) and the HTTP API until stopped.

            Stopped by SIGTERM or Ctrl+C, it ends within ten seconds; a second signal ends it at once. Stopped or
            killed, it goes on with unfinished work at the next start. One process per HIGHWATER_STATE_PATH. Cron
            schedules go by the time zone of this process (TZ). --json is --log-format json.
            GET /health/live and GET /health/ready answer 200 when the process is alive and when it can work (else 503).

            Example: highwater serve --urls http://127.0.0.1:7071 --log-format json
            """)
        { urls, format }.WithAction((arguments, terminal, _) => RunAsync(
            arguments.GetValue(urls)!, terminal.Json ? "json" : arguments.GetValue(format), terminal));
    }

    private static async Task<ExitCode> RunAsync(string urls, string? format, Terminal terminal)
    {
        // Before the settings are read: what is wrong with them has to be reported in the right form.
        ReportErrors(new ConfigurationBuilder().AddEnvironmentVariables(), format, terminal);
        var configuration = new ConfigurationBuilder()
            .AddConfiguration(Settings.Load())
            .AddInMemoryCollection(format is null ? [] : [new(SettingNames.LogFormat, format)])
            .AddInMemoryCollection([new("urls", urls)])
            .Build();
        ReportErrors(new ConfigurationBuilder().AddConfiguration(configuration), format, terminal);
        var settings = HighwaterSettings.Read(configuration);
        using var output = new ServeOutput(settings.Log, terminal);
        using var signals = new StopSignals(output.Stopping, output.EndedAtOnce);
        await using var host = EmbeddedFunctionsHost.Create(
            typeof(BaseBackupOrchestration).Assembly,
            EmbeddedHostOptions.FromConfiguration(configuration) with { StopTimeout = StopTimeout },
            configuration,
            services => services.AddHighwater(configuration),
            logging => ServeOutput.Configure(logging, settings.Log));
        try
        {
            await StartAsync(host, urls, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return ExitCode.Done;
        }

        output.Serving(host.Urls, settings);
        await host.WaitForShutdownAsync(signals.Token);
        return ExitCode.Done;
    }

    private static void ReportErrors(IConfigurationBuilder known, string? format, Terminal terminal)
    {
        if (format is not null)
            known.AddInMemoryCollection([new(SettingNames.LogFormat, format)]);
        var options = LogOptions.Read(new SettingsReader(known.Build()));
        if (options.Format == LogFormat.Json)
            terminal.LeaveTo(error => ServeOutput.Fail(options, error));
    }

    private static async Task StartAsync(
        EmbeddedFunctionsHost host, string urls, CancellationToken cancellationToken)
    {
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
                "set HIGHWATER_KEY (or HIGHWATER_KEY_FILE) to a long random text, or serve a loopback address: "
                + "--urls http://127.0.0.1:7071",
                e);
        }
        catch (Exception e) when (e is SocketException or IOException { InnerException: AddressInUseException })
        {
            throw new HighwaterException(ErrorCodes.UsageInvalid, $"The address {urls} cannot be served: {e.Message}",
                "choose a free port: --urls http://127.0.0.1:7072", e);
        }
    }
}
