using System.Diagnostics;
using System.Globalization;
using Highwater.TestKit;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Benchmarks;

/// <summary>A machine with a server and <c>serve</c>, as the README sets them up, and a remote host that outlives
/// it.</summary>
internal sealed class LossBed : IAsyncDisposable
{
    public const int ArchiveTimeoutSeconds = 60;
    private const string Role = "highwater";
    private const string Password = "bench";

    private readonly TempDirectory _folder = new("loss");
    private readonly SshServer _ssh;
    private readonly Dictionary<string, string> _settings = [];
    private Process? _serve;

    private LossBed(PostgresServer server, SshServer ssh)
    {
        Server = server;
        _ssh = ssh;
    }

    public static TimeSpan SyncInterval { get; } = TimeSpan.FromSeconds(60);

    public PostgresServer Server { get; }

    private string Key => _folder.Combine("id_ed25519");

    private string KnownHosts => _folder.Combine("known_hosts");

    private string Remote => Path.Combine(_ssh.Files, "remote");

    public static async Task<LossBed> StartAsync(string walSource, CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, ArchiveTimeoutSeconds = ArchiveTimeoutSeconds, Fsync = true },
            cancellationToken);
        var bed = new LossBed(server, await SshServer.StartAsync(cancellationToken: cancellationToken));
        try
        {
            await bed.PrepareAsync(walSource, cancellationToken);
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL to everything on the machine at once.</summary>
    public async Task KillAsync()
    {
        _serve!.Kill(entireProcessTree: true);
        await Server.KillAsync();
        await _serve.WaitForExitAsync();
    }

    /// <summary>Restores as on another machine, and gives the last time that is there.</summary>
    public async Task<DateTime> RestoreAsync(CancellationToken cancellationToken)
    {
        var directory = _folder.Combine("restored");
        await Tool.RunAsync(
            HighwaterProgram.Command(
                _folder.Path,
                new Dictionary<string, string>(),
                ["restore", "--to", directory, "--repository", _ssh.AddressOf(Remote), "--identity-file", Key,
                    "--known-hosts", KnownHosts]),
            cancellationToken);
        await using var restored = await PostgresServer.StartExistingAsync(
            directory, new PostgresServerOptions(), cancellationToken);
        return await restored.QueryAsync<DateTime>($"SELECT max(at) FROM {LossWriter.Table}", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_serve is { HasExited: false })
            _serve.Kill(entireProcessTree: true);
        _serve?.Dispose();
        await Server.DisposeAsync();
        await _ssh.DisposeAsync();
        _folder.Dispose();
    }

    private async Task PrepareAsync(string walSource, CancellationToken cancellationToken)
    {
        File.Copy(_ssh.Ed25519Key, Key);
        File.Copy(_ssh.KnownHosts, KnownHosts);
        await PostgresAccount.TakeOverAsync(_folder.Path, cancellationToken);
        foreach (var (name, value) in Settings(walSource))
            _settings[name] = value;
        await Server.CreateBackupUserAsync(Role, Password, cancellationToken);
        await Server.ExecuteAsync($"CREATE TABLE {LossWriter.Table} (at timestamptz)", cancellationToken);
        await Tool.RunAsync(HighwaterProgram.Command(_folder.Path, _settings, ["backup"]), cancellationToken);
        var command = HighwaterProgram.Command(_folder.Path, _settings, ["serve", "--urls", "http://127.0.0.1:0"]);
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        _serve = Process.Start(command)!;

        // Nobody reads what it logs, but a full pipe must not stop it.
        _serve.OutputDataReceived += (_, _) => { };
        _serve.ErrorDataReceived += (_, _) => { };
        _serve.BeginOutputReadLine();
        _serve.BeginErrorReadLine();
    }

    private Dictionary<string, string> Settings(string walSource) => new()
    {
        ["POSTGRES_HOST"] = "127.0.0.1",
        ["POSTGRES_PORT"] = Server.Port.ToString(CultureInfo.InvariantCulture),
        ["POSTGRES_USER"] = Role,
        ["POSTGRES_PASSWORD"] = Password,
        ["WAL_SOURCE"] = walSource,
        ["WAL_SPOOL_PATH"] = Server.SpoolPath,
        ["WAL_SYNC_INTERVAL"] = SyncInterval.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        ["LOCAL_BACKUP_PATH"] = _folder.Combine("local"),
        ["REMOTE_BACKUP_HOST"] = SshServer.Host,
        ["REMOTE_BACKUP_PORT"] = _ssh.Port.ToString(CultureInfo.InvariantCulture),
        ["REMOTE_BACKUP_USER"] = SshServer.User,
        ["REMOTE_BACKUP_PATH"] = Remote,
        ["REMOTE_BACKUP_KEY_FILE"] = Key,
        ["REMOTE_BACKUP_KNOWN_HOSTS"] = KnownHosts,
        ["HIGHWATER_STATE_PATH"] = _folder.Combine("state"),
    };
}
