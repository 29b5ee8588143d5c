using System.Diagnostics;
using System.Globalization;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Benchmarks;

/// <summary>A filled server, an SSH server, two empty repositories, and the command as its users run it.</summary>
internal sealed class Bed : IAsyncDisposable
{
    private const string Role = "highwater";
    private const string Password = "bench";
    private const string ReceiverSlot = "bench_receivewal";
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

    /// <summary>As <see cref="HighwaterAsync"/>, and how long processors worked on it, which a busy machine hardly
    /// changes.</summary>
    public async Task<(TimeSpan Wall, TimeSpan Processor)> HighwaterTimesAsync(
        CancellationToken cancellationToken, params string[] arguments)
    {
        // The second line of times(1) is about what the shell has run: user and system, as 1m23.45s.
        var times = NewFolder("times");
        var program = Path.Combine(AppContext.BaseDirectory, "highwater.dll");
        var start = new ProcessStartInfo(
            "sh", ["-c", "times=$1; shift; \"$@\" && times >\"$times\"", "sh", times, "dotnet", program, .. arguments]);
        foreach (var (name, value) in Settings())
            start.Environment[name] = value;
        var wall = await TimeAsync(start, cancellationToken);
        var children = (await File.ReadAllLinesAsync(times, cancellationToken))[1].Split(' ', 'm');
        var seconds = children.Select(part => double.Parse(part.TrimEnd('s'), CultureInfo.InvariantCulture)).ToArray();
        return (wall, TimeSpan.FromSeconds((60 * (seconds[0] + seconds[2])) + seconds[1] + seconds[3]));
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

    /// <summary>A WAL sync that streams, in the place of one that empties the spool.</summary>
    public Task<TimeSpan> StreamAsync(CancellationToken cancellationToken)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "highwater.dll");
        var start = new ProcessStartInfo("dotnet", [program, "wal-sync"]);
        foreach (var (name, value) in Settings())
            start.Environment[name] = value;
        start.Environment["WAL_SOURCE"] = "stream";
        return TimeAsync(start, cancellationToken);
    }

    /// <summary>Has the server keep from now on what <see cref="ReceiveWalAsync"/> is to take.</summary>
    public Task CreateReceiverSlotAsync(CancellationToken cancellationToken) => Server.ExecuteAsync(
        $"SELECT pg_create_physical_replication_slot('{ReceiverSlot}', true)", cancellationToken);

    /// <summary>Has <c>pg_receivewal</c> take what its slot keeps, up to an end.</summary>
    public Task<TimeSpan> ReceiveWalAsync(Lsn end, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(NewFolder("received")).FullName;
        var start = new ProcessStartInfo(
            PostgresBinaries.PathOf("pg_receivewal"),
            ["-h", "127.0.0.1", "-p", Server.Port.ToString(CultureInfo.InvariantCulture), "-U", Role, "-D", folder,
                "--slot", ReceiverSlot, "--endpos", end.ToString(), "--no-loop"]);
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
