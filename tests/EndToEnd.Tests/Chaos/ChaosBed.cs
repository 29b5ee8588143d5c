using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests.Chaos;

/// <summary>
/// An installation all of whose parts can be disturbed: the spool is a small file system of its own, the way to the
/// remote host leads through a proxy, and the server keeps all its WAL, to compare with.
/// </summary>
internal sealed class ChaosBed : IAsyncDisposable
{
    private readonly SmallFileSystem _disk = new(48);
    private readonly CutConnectionProxy _line;
    private ServeProcess? _serve;
    private bool _serverIsUp = true;

    private ChaosBed(Installation installation, bool archives)
    {
        (Installation, Archives) = (installation, archives);
        _line = new CutConnectionProxy(installation.Ssh.Port);
    }

    public Installation Installation { get; }

    /// <summary>Whether WAL passes through the spool, if only as one of two ways.</summary>
    public bool Archives { get; }

    public string Spool => Path.Combine(_disk.Path, "spool");

    public IReadOnlyList<Disturbance> Disturbances => [.. Archives ? OfSpool : [], .. OfAll];

    private Disturbance[] OfSpool =>
    [
        new("the spool is unwritable", (_, _) => Do(() => SetMode(Writable & ~UnixFileMode.UserWrite)),
            _ => Do(() => SetMode(Writable))),
        new("the spool is full", (_, _) => Do(FillDisk), _ => Do(() => File.Delete(Ballast))),
        new("the spool is slow", (_, _) => Do(() => File.WriteAllText(Slow, "")), _ => Do(() => File.Delete(Slow))),
    ];

    private Disturbance[] OfAll =>
    [
        new("the line is cut", (_, _) => Do(_line.Cut)),
        new("the line is cut a little later", (choice, _) => Do(() => _line.CutAfter(1L << (8 + (choice / 7))))),
        new("the line is silent", (_, _) => Do(_line.GoSilent), _ => Do(_line.SpeakAgain)),
        new("sshd is killed", (_, _) => Installation.Ssh.KillAsync(), Installation.Ssh.StartAgainAsync),
        new("serve is killed", (_, token) => KillServeAsync(token), StartServeAsync),
        new("the server is killed", (_, _) => KillServerAsync(), StartServerAsync),
        new("the server is restarted", (_, token) => IfUp(() => Installation.Postgres.RestartAsync(token))),
        new("a segment is closed", (_, token) => SqlAsync("SELECT pg_switch_wal()", token)),
        new("a checkpoint", (_, token) => SqlAsync("CHECKPOINT", token)),
        new("a base backup is asked for", (_, token) => AskForBackupAsync(token)),
    ];

    private const UnixFileMode Writable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string Ballast => Path.Combine(_disk.Path, "ballast");

    private string Slow => Path.Combine(_disk.Path, "slow");

    /// <param name="walSource">What WAL_SOURCE is to be.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<ChaosBed> StartAsync(string walSource, CancellationToken cancellationToken)
    {
        var options = new PostgresServerOptions
        {
            Archiving = walSource != "stream",
            WalSegmentMegabytes = 1,
            Settings = new Dictionary<string, string> { ["wal_keep_size"] = "'1TB'", ["max_wal_size"] = "'64MB'" },
        };
        var bed = new ChaosBed(await Installation.StartAsync(cancellationToken, options), options.Archiving);
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

    public async ValueTask DisposeAsync()
    {
        if (_serve is not null)
            await _serve.DisposeAsync();
        await _line.DisposeAsync();
        await Installation.DisposeAsync();
        _disk.Dispose();
    }

    private async Task PrepareAsync(string walSource, CancellationToken cancellationToken)
    {
        await PostgresAccount.CreateDirectoryAsync(Spool, cancellationToken);
        var settings = Installation.Environment;
        settings["WAL_SOURCE"] = walSource;
        settings["WAL_SPOOL_PATH"] = Spool;
        settings["WAL_SYNC_INTERVAL"] = "2";
        settings["REMOTE_BACKUP_PORT"] = $"{_line.Port}";
        await File.AppendAllLinesAsync(
            settings["REMOTE_BACKUP_KNOWN_HOSTS"],
            Installation.Ssh.PublicHostKeys().Select(key => $"[{SshServer.Host}]:{_line.Port} {key}"),
            cancellationToken);
        var server = Installation.Postgres;
        await server.FillWithPgbenchAsync(1, cancellationToken);
        if (Archives)
            await ArchiveSlowlyOnDemandAsync(server, cancellationToken);
        await StartServeAsync(cancellationToken);
        await Installation.RunJsonAsync(cancellationToken, "backup");
    }

    private async Task ArchiveSlowlyOnDemandAsync(PostgresServer server, CancellationToken cancellationToken)
    {
        var command = $"! test -e {Slow} || sleep 0.2; WAL_SPOOL_PATH={Spool} {server.ArchiveWalPath} \"%p\" \"%f\"";
        await server.ExecuteAsync($"ALTER SYSTEM SET archive_command = '{command}'", cancellationToken);
        await server.ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
    }

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private void SetMode(UnixFileMode mode) => File.SetUnixFileMode(Spool, mode);

    private void FillDisk()
    {
        using var ballast = File.Create(Ballast);
        try
        {
            while (true)
                ballast.Write(new byte[1 << 16]);
        }
        catch (IOException)
        {
            // That is what it is for: not another block fits.
        }
    }

    private async Task StartServeAsync(CancellationToken cancellationToken) =>
        _serve = await ServeProcess.StartAsync(Installation, cancellationToken);

    /// <summary>In peace.</summary>
    public async Task StopServeAsync(CancellationToken cancellationToken)
    {
        Assert.Equal(0, await _serve!.StopAsync(cancellationToken));
        await _serve.DisposeAsync();
        _serve = null;
    }

    private async Task KillServeAsync(CancellationToken cancellationToken)
    {
        _serve!.Send("KILL");
        await _serve.EndAsync(cancellationToken);
        await _serve.DisposeAsync();
        _serve = null;
    }

    private async Task KillServerAsync()
    {
        await Installation.Postgres.KillAsync();
        _serverIsUp = false;
    }

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        await Installation.Postgres.StartAsync(cancellationToken);
        _serverIsUp = true;
    }

    private Task IfUp(Func<Task> action) => _serverIsUp ? action() : Task.CompletedTask;

    private Task SqlAsync(string sql, CancellationToken cancellationToken) =>
        IfUp(() => Installation.Postgres.ExecuteAsync(sql, cancellationToken));

    /// <summary>Whether it is started, and what becomes of it, is the storm's affair.</summary>
    private async Task AskForBackupAsync(CancellationToken cancellationToken)
    {
        if (_serve is null)
            return;
        using var http = new HttpClient();
        using var answer = await http.PostAsync(new Uri(_serve.Address, "api/base-backups"), null, cancellationToken);
    }
}
