using Highwater.Engine.Errors;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Sftp;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Storage.Sftp;

/// <summary>Who may talk to whom: host keys and login keys, against a real sshd.</summary>
public sealed class SftpLoginTests(ShellServerFixture fixture) : IClassFixture<ShellServerFixture>, IDisposable
{
    private readonly TempDirectory _directory = new("login");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("ed25519")]
    [InlineData("rsa")]
    public async Task Both_kinds_of_key_are_let_in(string type)
    {
        var server = await fixture.ServerAsync();
        await AssertWorksAsync(Options(server)
            with { IdentityFile = type == "rsa" ? server.RsaKey : server.Ed25519Key });
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("rsa")]
    public async Task A_server_with_two_keys_is_known_by_either(string type)
    {
        var server = await fixture.ServerAsync();
        var key = server.PublicHostKeys().Single(key => key.StartsWith($"ssh-{type} ", StringComparison.Ordinal));
        var line = $"[{SshServer.Host}]:{server.Port} {key}";
        await AssertWorksAsync(Options(server) with { KnownHostsFile = Write("known", line) });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unknown_host_is_refused_and_the_line_to_add_cures_it(bool fileExists)
    {
        var server = await fixture.ServerAsync();
        var file = _directory.Combine("known_hosts");
        if (fileExists)
            Write("known_hosts", "# nobody yet");
        var options = Options(server) with { KnownHostsFile = file };
        var error = await FailAsync(options);
        Assert.Equal(ErrorCodes.HostKeyUnknown, error.Code);
        Assert.Contains(SshServer.Fingerprint(server.HostKey("ed25519")), error.Message, StringComparison.Ordinal);
        Assert.Contains(file, error.Remedy, StringComparison.Ordinal);

        var line = error.Remedy.Split('\n').Last().Trim();
        await File.AppendAllTextAsync(file, "\n" + line + "\n", Token);
        await AssertWorksAsync(options);
    }

    [Fact]
    public async Task A_hashed_known_hosts_file_works()
    {
        var server = await fixture.ServerAsync();
        var file = Write("hashed", await File.ReadAllLinesAsync(server.KnownHosts, Token));
        Shell.Run("ssh-keygen", "-H", "-f", file);
        Assert.StartsWith("|1|", await File.ReadAllTextAsync(file, Token), StringComparison.Ordinal);
        await AssertWorksAsync(Options(server) with { KnownHostsFile = file });
    }

    [Fact]
    public async Task A_changed_host_key_is_refused_with_both_fingerprints_and_nothing_is_sent()
    {
        await using var server = await SshServer.StartAsync(cancellationToken: Token);
        var old = SshServer.Fingerprint(server.HostKey("ed25519"));
        await server.KillAsync();
        server.RotateHostKeys();
        await server.StartAgainAsync(Token);

        var error = await FailAsync(Options(server));
        Assert.Equal(ErrorCodes.HostKeyChanged, error.Code);
        Assert.Contains(old, error.Message, StringComparison.Ordinal);
        Assert.Contains(SshServer.Fingerprint(server.HostKey("ed25519")), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Accepted publickey", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_the_server_does_not_know_is_named_with_the_line_that_lets_it_in()
    {
        var server = await fixture.ServerAsync();
        var stranger = server.GenerateKey($"stranger{Guid.NewGuid():n}", "ed25519");
        var error = await FailAsync(Options(server) with { IdentityFile = stranger });
        Assert.Equal(ErrorCodes.SshLoginFailed, error.Code);
        Assert.Contains(SshServer.Fingerprint(stranger), error.Message, StringComparison.Ordinal);
        Assert.Contains(SshServer.User, error.Message, StringComparison.Ordinal);
        var publicKey = (await File.ReadAllTextAsync(stranger + ".pub", Token)).Split(' ')[1];
        Assert.Contains($"ssh-ed25519 {publicKey}", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_file_that_is_missing_garbage_or_locked_is_a_named_error()
    {
        var server = await fixture.ServerAsync();
        var locked = server.GenerateKey($"locked{Guid.NewGuid():n}", "ed25519", passphrase: "hush hush");
        foreach (var (file, words) in new[]
        {
            (_directory.Combine("missing"), "does not exist"),
            (Write("garbage", "not a key"), "is not a private SSH key"),
            (server.Ed25519Key + ".pub", "is not a private SSH key"),
            (locked, "passphrase"),
        })
        {
            var error = await FailAsync(Options(server) with { IdentityFile = file });
            Assert.Equal(ErrorCodes.IdentityFileUnusable, error.Code);
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hush", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_folder_the_user_may_not_write_is_denied()
    {
        var server = await fixture.ServerAsync();
        await using var storage = new SftpStorage(Options(server) with { Path = "/proc/1/backups" });
        var error = await Assert.ThrowsAnyAsync<HighwaterException>(
            () => storage.PutAsync("a", ObjectContent.FromBytes(new byte[1]), Token));
        Assert.NotEqual(ErrorCodes.StorageUnreachable, error.Code);
        Assert.Contains("/proc/1/backups", error.Message, StringComparison.Ordinal);
    }

    private static SftpOptions Options(SshServer server) =>
        SshServerFixture.OptionsFor(server, Path.Combine(server.Files, Guid.NewGuid().ToString("n")));

    private static async Task<HighwaterException> FailAsync(SftpOptions options)
    {
        await using var storage = new SftpStorage(options);
        return await Assert.ThrowsAsync<HighwaterException>(() => storage.DescribeAsync(Token));
    }

    private static async Task AssertWorksAsync(SftpOptions options)
    {
        await using var storage = new SftpStorage(options);
        Assert.Equal(PutOutcome.Stored, await storage.PutAsync("a", ObjectContent.FromBytes(new byte[9]), Token));
    }

    private string Write(string name, params string[] lines)
    {
        File.WriteAllLines(_directory.Combine(name), lines);
        return _directory.Combine(name);
    }
}
