using System.Runtime.Versioning;
using System.Text.Json;

namespace Highwater.Tidy.Tests.Infra;

/// <summary>Runs infra/compose-keys in a copy of infra/, and lets the tools that read its files judge them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ComposeKeysTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly TemporaryFolder _folder = new();

    public ComposeKeysTests() => _folder.CopyFromCheckout("infra", "infra");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_secret_is_made_once_and_is_readable_by_all_in_a_folder_only_its_owner_enters()
    {
        await MakeAsync();
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_folder.Of("infra/backup-keys")));
        var made = ComposeFile.SecretFiles.Select(file => _folder.Of("infra/" + file)).ToList();
        Nothing.In(made.Where(file => !File.Exists(file) || File.GetUnixFileMode(file) != Readable));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.Of("infra/.env")));

        var before = made.Select(File.ReadAllText).ToList();
        await MakeAsync();
        Assert.Equal(before, made.Select(File.ReadAllText));
    }

    [Fact]
    public async Task The_host_key_the_known_hosts_and_the_keys_of_the_functions_host_fit_together()
    {
        await MakeAsync();
        var known = await Tool.OutputAsync(
            _folder.Of("infra/backup-keys"), NoEnvironment, "ssh-keygen", "-F", "remote", "-f", "known_hosts");
        var hostKey = await File.ReadAllTextAsync(
            _folder.Of("infra/backup-keys/ssh_host_ed25519_key.pub"), TestContext.Current.CancellationToken);
        Assert.Contains("remote " + string.Join(' ', hostKey.Split(' ')[..2]), known, StringComparison.Ordinal);

        using var keys = JsonDocument.Parse(await File.ReadAllTextAsync(
            _folder.Of("infra/backup-keys/functions-host-keys.json"), TestContext.Current.CancellationToken));
        var master = keys.RootElement.GetProperty("masterKey").GetProperty("value").GetString();
        Assert.Equal(
            $"{master}\n",
            await File.ReadAllTextAsync(
                _folder.Of("infra/backup-keys/highwater-key"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Docker_compose_accepts_the_file_with_what_was_made()
    {
        await MakeAsync();
        var services = await Tool.OutputAsync(
            _folder.Of("infra"), NoEnvironment, "docker-compose", "config", "--services");
        Assert.Equal(
            ComposeFile.Services.Keys.Order(StringComparer.Ordinal),
            services.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Git_keeps_every_key_out()
    {
        await MakeAsync();
        File.Copy(Checkout.FullPath(".gitignore"), _folder.Of(".gitignore"));
        await Tool.OutputAsync(_folder.Path, NoEnvironment, "git", "init", "--quiet");
        var added = await Tool.OutputAsync(
            _folder.Of("infra"), NoEnvironment,
            "git", "ls-files", "--others", "--exclude-standard", "backup-keys", ".env");
        Assert.Equal("backup-keys/.gitignore\nbackup-keys/README.md\n", added);
    }

    private Task<string> MakeAsync() => Tool.OutputAsync(_folder.Path, NoEnvironment, _folder.Of("infra/compose-keys"));
}
