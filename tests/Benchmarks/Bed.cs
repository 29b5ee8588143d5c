using System.Diagnostics;
using System.Globalization;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Benchmarks;

/// <summary>A filled server, an SSH server, two empty repositories, and the command as its users run it.</summary>
internal sealed class Bed : IAsyncDisposable
{
    private const string Role = "highwater";
    private const string Password = "bench";
    private readonly TempDirectory _folder = new("bench");

    private Bed(PostgresServer server, SshServer ssh)
    {
        Server = server;
        Ssh = ssh;
    }

    public PostgresServer Server { get; }

    public SshServer Ssh { get; }

    public string Local => _folder.Combine("local");

    public string Remote => Ssh.Folder.Combine("remote");

    /// <summary>What a base backup reads: everything but the WAL.</summary>
    public long DataBytes => SizeOf(Server.DataDirectory) - SizeOf(Path.Combine(Server.DataDirectory, "pg_wal"));

    public static async Task<Bed> PrepareAsync(int scale, CancellationToken cancellationToken)
    {
        var options = new PostgresServerOptions
        {
            Archiving = true,
            Fsync = true,
            OwnSystemIdentifier = true,
            Settings = new Dictionary<string, string> { ["max_wal_size"] = "'8GB'", ["shared_buffers"] = "'256MB'" },
        };
        var server = await PostgresServer.StartAsync(options, cancellationToken);
        var ssh = await SshServer.StartAsync(cancellationToken: cancellationToken);
        await server.CreateBackupUserAsync(Role, Password, cancellationToken);
        await server.FillWithPgbenchAsync(scale, cancellationToken);
        await server.ExecuteAsync("CHECKPOINT", cancellationToken);
        return new Bed(server, ssh);
    }

    public string NewFolder(string name) => _folder.Combine(name);

    public static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>Runs <c>highwater</c> to its end and says how long that took, start of the process included.</summary>
    public Task<TimeSpan> HighwaterAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var start =
            new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "highwater.dll"), .. arguments]);
        foreach (var (name, value) in Settings())
            start.Environment[name] = value;
        return TimeAsync(start, cancellationToken);
    }

    /// <summary>What a backup cannot be faster than: PostgreSQL's own stream, thrown away.</summary>
    public Task<TimeSpan> RawBaseBackupAsync(CancellationToken cancellationToken)
    {
        var tool = PostgresBinaries.PathOf("pg_basebackup");
        var start = new ProcessStartInfo(
            "sh", ["-c", $"{tool} -h 127.0.0.1 -p {Server.Port} -U {Role} -D - -F tar -X none -c fast >/dev/null"]);
        start.Environment["PGPASSWORD"] = Password;
        return TimeAsync(start, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Ssh.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<TimeSpan> TimeAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Tool.RunAsync(start, cancellationToken);
        return watch.Elapsed;
    }

    private Dictionary<string, string> Settings() => new()
    {
        ["POSTGRES_HOST"] = "127.0.0.1",
        ["POSTGRES_PORT"] = Server.Port.ToString(CultureInfo.InvariantCulture),
        ["POSTGRES_USER"] = Role,
        ["POSTGRES_PASSWORD"] = Password,
        ["WAL_SPOOL_PATH"] = Server.SpoolPath,
        ["LOCAL_BACKUP_PATH"] = Local,
        ["REMOTE_BACKUP_HOST"] = SshServer.Host,
        ["REMOTE_BACKUP_PORT"] = Ssh.Port.ToString(CultureInfo.InvariantCulture),
        ["REMOTE_BACKUP_USER"] = SshServer.User,
        ["REMOTE_BACKUP_PATH"] = Remote,
        ["REMOTE_BACKUP_KEY_FILE"] = Ssh.Ed25519Key,
        ["REMOTE_BACKUP_KNOWN_HOSTS"] = Ssh.KnownHosts,
        ["HIGHWATER_STATE_PATH"] = _folder.Combine("state"),
    };
}
