using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Highwater.TestKit.Storage;

namespace Highwater.TestKit.Ssh;

/// <summary>
/// A real sshd on a free loopback port with keys of its own, for the user the tests run as. Nothing of the machine's
/// own SSH configuration is read or written, except that sshd run as root insists on the folder /run/sshd.
/// </summary>
public sealed class SshServer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _folder = new("sshd");
    private readonly SshServerOptions _options;
    private Process? _process;

    private SshServer(SshServerOptions options) => _options = options;

    public static string Host => "127.0.0.1";

    public int Port { get; private set; }

    public static string User => Environment.UserName;

    /// <summary>A private ed25519 key the server lets in.</summary>
    public string Ed25519Key => _folder.Combine("client_ed25519");

    /// <summary>A private RSA key the server lets in.</summary>
    public string RsaKey => _folder.Combine("client_rsa");

    /// <summary>A known_hosts file that knows every host key of this server at this port.</summary>
    public string KnownHosts => _folder.Combine("known_hosts");

    /// <summary>An empty folder for the server's files, removed with the server.</summary>
    public string Files => _folder.Combine("files");

    /// <summary>Where scratch files of a test about this server may go.</summary>
    public TempDirectory Folder => _folder;

    /// <summary>A repository address on this server.</summary>
    public string AddressOf(string path) => $"sftp://{User}@{Host}:{Port}{path}";

    /// <summary>What the SFTP server did, if the options ask for it: lines such as
    /// <c>close "/path" bytes read 0 written 42</c>.</summary>
    public string TransferLog => _folder.Combine("transfers.log");

    /// <summary>What sshd said, for failure messages.</summary>
    public string Log => File.Exists(_folder.Combine("sshd.log")) ? File.ReadAllText(_folder.Combine("sshd.log")) : "";

    public static async Task<SshServer> StartAsync(SshServerOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var server = new SshServer(options ?? new SshServerOptions());
        try
        {
            server.Prepare();
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch (Exception)
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server on the port it had.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var firstStart = Port == 0 || attempt > 1;
            if (firstStart)
                Port = FreePort.Find();
            WriteConfiguration();

            // Output of its own: a server that outlives a killed test run must not hold that run's output open.
            _process = Process.Start(new ProcessStartInfo(
                "/usr/sbin/sshd", ["-D", "-f", _folder.Combine("sshd_config"), "-E", _folder.Combine("sshd.log")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            if (await IsUpAsync(cancellationToken))
            {
                WriteKnownHosts();
                return;
            }

            await StopAsync();
            if (attempt == 3)
                throw new InvalidOperationException($"sshd did not come up on port {Port}. Its log:\n{Log}");
        }
    }

    /// <summary>Stops the listener and every session at once, as a power cut does (SIGKILL).</summary>
    public async Task KillAsync()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Stops the server with everything it serves.</summary>
    public Task StopAsync() => KillAsync();

    /// <summary>
    /// Gives the server new host keys at its next start; <see cref="KnownHosts"/> keeps the old ones.
    /// </summary>
    public void RotateHostKeys()
    {
        foreach (var type in HostKeyTypes)
        {
            File.Delete(_folder.Combine($"host_{type}"));
            GenerateKey($"host_{type}", type);
        }
    }

    /// <summary>
    /// Public host keys as <c>type base64</c>, in the order of <see cref="SshServerOptions.HostKeyTypes"/>.
    /// </summary>
    public IReadOnlyList<string> PublicHostKeys() => [.. HostKeyTypes.Select(type => PublicKey($"host_{type}"))];

    /// <summary>The fingerprint of a key file as OpenSSH prints it: <c>SHA256:…</c>.</summary>
    public static string Fingerprint(string keyFile) =>
        Shell.Run("ssh-keygen", "-l", "-E", "sha256", "-f", keyFile).Split(' ')[1];

    /// <summary>Path of the private host key of a type.</summary>
    public string HostKey(string type) => _folder.Combine($"host_{type}");

    /// <summary>Makes a private key of the given type (<c>ed25519</c> or <c>rsa</c>) and returns its path.</summary>
    public string GenerateKey(string name, string type, string passphrase = "")
    {
        string[] bits = type == "rsa" ? ["-b", "2048"] : [];
        Shell.Run("ssh-keygen", ["-q", "-t", type, .. bits, "-N", passphrase, "-C", name, "-f", _folder.Combine(name)]);
        return _folder.Combine(name);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Dispose();
    }

    private IReadOnlyList<string> HostKeyTypes => _options.HostKeyTypes ?? ["ed25519", "rsa"];

    private void Prepare()
    {
        if (Environment.IsPrivilegedProcess)
            Directory.CreateDirectory("/run/sshd");
        Directory.CreateDirectory(Files);
        foreach (var type in HostKeyTypes)
            GenerateKey($"host_{type}", type);
        GenerateKey("client_ed25519", "ed25519");
        GenerateKey("client_rsa", "rsa");
        File.WriteAllLines(
            _folder.Combine("authorized_keys"), [PublicKey("client_ed25519"), PublicKey("client_rsa")]);
    }

    private string PublicKey(string name) =>
        string.Join(' ', File.ReadAllText(_folder.Combine(name + ".pub")).Split(' ').Take(2)).Trim();

    private void WriteConfiguration()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Port {Port}").AppendLine(CultureInfo.InvariantCulture,
            $"ListenAddress {Host}");
        foreach (var type in HostKeyTypes)
            text.AppendLine(CultureInfo.InvariantCulture, $"HostKey {HostKey(type)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"AuthorizedKeysFile {_folder.Combine("authorized_keys")}");
        text.AppendLine(CultureInfo.InvariantCulture, $"PidFile {_folder.Combine("sshd.pid")}");
        text.AppendLine("StrictModes no").AppendLine("UsePAM no").AppendLine("PermitRootLogin yes");
        text.AppendLine("PasswordAuthentication no").AppendLine("KbdInteractiveAuthentication no");
        text.AppendLine("PrintMotd no").AppendLine("UseDNS no").AppendLine("MaxStartups 100");

        // bash reads the account's ~/.bashrc under sshd, unless it believes that another shell did. What a person keeps
        // there may take long, or for ever after a test has killed it halfway.
        text.AppendLine("SetEnv SHLVL=1");

        // The server inside sshd logs to syslog only; the program of its own can be given a file.
        text.AppendLine(_options.LogTransfers
            ? $"Subsystem sftp /usr/lib/openssh/sftp-server -e -l INFO 2>>{TransferLog}"
            : "Subsystem sftp internal-sftp");
        foreach (var line in _options.ExtraSettings ?? [])
            text.AppendLine(line);
        if (_options.SftpOnly)
            text.AppendLine("ForceCommand internal-sftp");
        File.WriteAllText(_folder.Combine("sshd_config"), text.ToString());
    }

    private void WriteKnownHosts()
    {
        if (!File.Exists(KnownHosts))
            File.WriteAllLines(KnownHosts, PublicHostKeys().Select(key => $"[{Host}]:{Port} {key}"));
    }

    private async Task<bool> IsUpAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartDeadline && !_process!.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(Host, Port, cancellationToken);
                var greeting = new byte[4];
                await client.GetStream().ReadExactlyAsync(greeting, cancellationToken);
                return greeting.AsSpan().SequenceEqual("SSH-"u8);
            }
            catch (Exception fault) when (fault is SocketException or IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }

        return false;
    }
}
