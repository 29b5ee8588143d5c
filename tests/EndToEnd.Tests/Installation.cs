using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

/// <summary>
/// A PostgreSQL server that archives, an sshd as the remote host, and the <c>highwater</c> program between them, run as
/// a
/// person runs it: a process with settings in its environment.
/// </summary>
public sealed class Installation : IAsyncDisposable
{
    public const string User = "highwater";

    private readonly TempDirectory _folder = new("installation");
    private readonly List<Process> _started = [];

    private Installation(PostgresServer postgres, SshServer ssh)
    {
        Postgres = postgres;
        Ssh = ssh;
        Environment = new Dictionary<string, string>
        {
            ["POSTGRES_HOST"] = "127.0.0.1",
            ["POSTGRES_PORT"] = $"{postgres.Port}",
            ["POSTGRES_USER"] = User,
            ["POSTGRES_PASSWORD"] = "s3cret",
            ["WAL_SPOOL_PATH"] = postgres.SpoolPath,
            ["LOCAL_BACKUP_PATH"] = LocalRepository,
            ["REMOTE_BACKUP_HOST"] = SshServer.Host,
            ["REMOTE_BACKUP_PORT"] = $"{ssh.Port}",
            ["REMOTE_BACKUP_USER"] = SshServer.User,
            ["REMOTE_BACKUP_PATH"] = RemoteRepository,
            ["REMOTE_BACKUP_KEY_FILE"] = IdentityFile,
            ["REMOTE_BACKUP_KNOWN_HOSTS"] = KnownHosts,
            ["HIGHWATER_STATE_PATH"] = _folder.Combine("state"),
        };
    }

    public PostgresServer Postgres { get; }

    public SshServer Ssh { get; }

    /// <summary>The settings; a test may change them.</summary>
    public Dictionary<string, string> Environment { get; }

    public string LocalRepository => _folder.Combine("local");

    public string RemoteRepository => Path.Combine(Ssh.Files, "repository");

    public string RemoteAddress => Ssh.AddressOf(RemoteRepository);

    /// <summary>What a bare machine needs to reach the remote repository.</summary>
    public string[] RemoteArguments =>
        ["--repository", RemoteAddress, "--identity-file", IdentityFile, "--known-hosts", KnownHosts];

    private string IdentityFile => _folder.Combine("id_ed25519");

    private string KnownHosts => _folder.Combine("known_hosts");

    public static async Task<Installation> StartAsync(
        CancellationToken cancellationToken, PostgresServerOptions? options = null, SshServerOptions? ssh = null)
    {
        var postgres = await PostgresServer.StartAsync(
            options ?? new PostgresServerOptions { Archiving = true }, cancellationToken);
        await postgres.CreateBackupUserAsync(User, "s3cret", cancellationToken: cancellationToken);
        var installation = new Installation(postgres, await SshServer.StartAsync(ssh, cancellationToken));
        File.Copy(installation.Ssh.Ed25519Key, installation.IdentityFile);
        File.Copy(installation.Ssh.KnownHosts, installation.KnownHosts);
        await PostgresAccount.TakeOverAsync(installation._folder.Path, cancellationToken);
        return installation;
    }

    /// <summary>A path in the installation's temporary folder; nothing is created.</summary>
    public string PathOf(string name) => _folder.Combine(name);

    /// <summary>Runs <c>highwater</c> with the settings to its end.</summary>
    public Task<ToolResult> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Tool.TryRunAsync(Command(Environment, arguments), cancellationToken);

    /// <summary>Runs <c>highwater</c> with some settings changed for this once; null takes one away.</summary>
    public Task<ToolResult> RunWithAsync(
        IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken, params string[] arguments)
    {
        var settings = new Dictionary<string, string>(Environment);
        foreach (var (name, value) in changes)
        {
            settings.Remove(name);
            if (value is not null)
                settings[name] = value;
        }

        return Tool.TryRunAsync(Command(settings, arguments), cancellationToken);
    }

    /// <summary>Runs <c>highwater</c> as on a machine that knows nothing: without a single setting.</summary>
    public Task<ToolResult> RunBareAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Tool.TryRunAsync(Command(new Dictionary<string, string>(), arguments), cancellationToken);

    /// <summary>Runs <c>highwater</c>, expects success, and gives what <c>--json</c> printed.</summary>
    public async Task<JsonElement> RunJsonAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await RunAsync(cancellationToken, [.. arguments, "--json"]);
        Assert.True(
            result.ExitCode == 0,
            $"{string.Join(' ', arguments)} exited with {result.ExitCode}\n{result.Output}{result.Error}");
        return JsonDocument.Parse(result.Output).RootElement;
    }

    /// <summary>
    /// Starts <c>highwater</c> for a test that means to kill it. The process is the program itself: setpriv becomes it.
    /// It ends with the installation.
    /// </summary>
    public Process Start(params string[] arguments) => Start(out _, arguments);

    /// <summary>As the other Start, and gives what it prints to standard error, line by line.</summary>
    public Process Start(out ConcurrentQueue<string> said, params string[] arguments)
    {
        var command = Command(Environment, arguments);
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        var process = Process.Start(command)!;
        var errors = said = [];

        // Nobody reads the rest, but a full pipe must not stop it.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                errors.Enqueue(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _started.Add(process);
        return process;
    }

    /// <summary>Rows of random bytes, which no compression makes smaller, in a table of their own.</summary>
    public Task AddNoiseAsync(string table, int megabytes, CancellationToken cancellationToken) =>
        Postgres.ExecuteAsync(
        $"""
        CREATE TABLE {table} (noise bytea);
        ALTER TABLE {table} ALTER noise SET STORAGE EXTERNAL;
        INSERT INTO {table} SELECT pg_read_binary_file('/dev/urandom', 0, 1 << 20) FROM generate_series(1, {megabytes});
        """,
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        await Postgres.DisposeAsync();
        await Ssh.DisposeAsync();
        _folder.Dispose();
    }

    private ProcessStartInfo Command(IReadOnlyDictionary<string, string> settings, IEnumerable<string> arguments) =>
        HighwaterProgram.Command(_folder.Path, settings, arguments);
}
