using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Highwater.Engine.Postgres;
using Npgsql;

namespace Highwater.TestKit.Postgres;

/// <summary>
/// A real PostgreSQL server on 127.0.0.1 and a free port, in a temporary folder that goes away with it. It never
/// outlives the test process. Works as root (the server then runs as user postgres) and as any other user.
/// </summary>
public sealed partial class PostgresServer : IAsyncDisposable
{
    public const string Superuser = "postgres";
    public const string SuperuserPassword = "first-light";
    private const string Host = "127.0.0.1";
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);

    private readonly string _folder;
    private BoundProcess? _process;

    private PostgresServer(string folder, string dataDirectory, PostgresServerOptions options)
    {
        _folder = folder;
        DataDirectory = dataDirectory;
        Options = options;
    }

    public PostgresServerOptions Options { get; }

    /// <summary>The same from start to end, across restarts.</summary>
    public int Port { get; private set; }

    public string DataDirectory { get; }

    /// <summary>Where archive-wal leaves segments; there also when nothing is archived.</summary>
    public string SpoolPath => Path.Combine(_folder, "spool");

    /// <summary>The script in <c>infra/postgres</c>, where the server can reach it.</summary>
    public string ArchiveWalPath => Path.Combine(_folder, "archive-wal");

    public string LogPath => Path.Combine(_folder, "server.log");

    /// <summary>A connection as superuser, not pooled, so that a test sees the server and not the pool.</summary>
    public string ConnectionString => ConnectionStringFor(Superuser, SuperuserPassword);

    /// <summary>Makes a new cluster and starts its server.</summary>
    public static async Task<PostgresServer> StartAsync(
        PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var folder = CreateFolder();
        var server = new PostgresServer(folder, Path.Combine(folder, "data"), options);
        try
        {
            await server.PrepareFolderAsync(cancellationToken);
            await PostgresTemplate.CreateClusterAsync(server.DataDirectory, options, cancellationToken);
            await server.WriteSettingsAsync(cancellationToken);
            await server.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Starts a server on a data directory that is there already, such as a restored one, and waits until its
    /// recovery has ended. The directory is handed over to the server's account and stays when the server goes. It
    /// archives nothing.
    /// </summary>
    public static async Task<PostgresServer> StartExistingAsync(
        string dataDirectory, PostgresServerOptions options, CancellationToken cancellationToken)
    {
        var server = new PostgresServer(CreateFolder(), dataDirectory, options);
        try
        {
            await server.PrepareFolderAsync(cancellationToken);
            await PostgresAccount.TakeOverAsync(dataDirectory, cancellationToken);
            File.SetUnixFileMode(
                dataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await server.StartAsync(cancellationToken, "-c", "archive_mode=off", "-c", "fsync=off");
            await server.WaitForEndOfRecoveryAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server after <see cref="StopAsync"/> or <see cref="KillAsync"/>, on the same port.</summary>
    public async Task StartAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        for (var attempt = 1; ; attempt++)
        {
            var portIsOurs = Port != 0;
            if (!portIsOurs)
                Port = FindFreePort();
            _process = await LaunchAsync(arguments);
            if (await WaitUntilReadyAsync(_process, cancellationToken))
                return;
            await _process.DisposeAsync();
            _process = null;
            var log = await ReadLogAsync(cancellationToken);
            if (portIsOurs || attempt == 5 || !log.Contains("could not bind", StringComparison.Ordinal))
                throw new InvalidOperationException($"PostgreSQL did not start on {DataDirectory}:\n{log}");
            Port = 0;
        }
    }

    /// <summary>Stops the server as an administrator would: clients are cut, a shutdown checkpoint is
    /// written.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await Tool.RunAsync(
            PostgresAccount.Command(
                PostgresBinaries.PathOf("pg_ctl"), "stop", "-D", DataDirectory, "-m", "fast", "-w", "-t", "60"),
            cancellationToken);
        await _process!.DisposeAsync();
        _process = null;
    }

    /// <summary>SIGKILL to the server and everything it started: what a power cut looks like to its clients.</summary>
    public async Task KillAsync()
    {
        await _process!.DisposeAsync();
        _process = null;
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await StartAsync(cancellationToken);
    }

    /// <summary>The end of the server's log, for failure messages and for tests that look for a line.</summary>
    public async Task<string> ReadLogAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(LogPath))
            return "(no log)";
        var lines = await File.ReadAllLinesAsync(LogPath, cancellationToken);
        return string.Join('\n', lines.TakeLast(60));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = null;
        Directory.Delete(_folder, recursive: true);
    }

    private static string CreateFolder()
    {
        var folder = Directory.CreateTempSubdirectory("highwater-pg-").FullName;
        File.SetUnixFileMode(
            folder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task PrepareFolderAsync(CancellationToken cancellationToken)
    {
        // PostgreSQL's account may not be able to walk to the source tree.
        File.Copy(SourceTree.PathOf("infra/postgres/archive-wal"), ArchiveWalPath);
        File.SetUnixFileMode(
            ArchiveWalPath,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await PostgresAccount.CreateDirectoryAsync(SpoolPath, cancellationToken);
        await PostgresAccount.CreateDirectoryAsync(Path.Combine(_folder, "home"), cancellationToken);
        if (PostgresAccount.SetprivArguments is not [])
            await Tool.RunAsync(new ProcessStartInfo("chown", ["postgres:", _folder]), cancellationToken);
    }

    private async Task WriteSettingsAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal)
        {
            ["fsync"] = Options.Fsync ? "on" : "off",
            ["shared_buffers"] = "'32MB'",
            ["max_connections"] = "50",
            ["log_timezone"] = "'UTC'",
            ["timezone"] = "'UTC'",
        };
        if (Options.Archiving)
        {
            settings["archive_mode"] = "on";
            settings["archive_command"] = $"'WAL_SPOOL_PATH={SpoolPath} {ArchiveWalPath} \"%p\" \"%f\"'";
            settings["archive_timeout"] = Options.ArchiveTimeoutSeconds.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (name, value) in Options.Settings)
            settings[name] = value;
        await File.AppendAllLinesAsync(
            Path.Combine(DataDirectory, "postgresql.conf"),
            settings.Select(s => $"{s.Key} = {s.Value}"),
            cancellationToken);
    }

    private async Task<BoundProcess> LaunchAsync(string[] arguments)
    {
        // The shell only moves the output into the log; exec leaves the server itself under the child's id.
        string[] server =
        [
            PostgresBinaries.PathOf("postgres"), "-D", DataDirectory, "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", $"listen_addresses={Host}", "-c", "unix_socket_directories=", .. arguments,
        ];
        var shell = new ProcessStartInfo("sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh",
            LogPath, .. server])
        {
            WorkingDirectory = "/",
        };
        return await BoundProcess.StartAsync(shell, PostgresAccount.SetprivArguments);
    }
}
