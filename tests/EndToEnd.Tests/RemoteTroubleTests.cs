using System.Globalization;
using System.Text.Json;
using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

public sealed class RemoteTroubleTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_remote_host_is_away_backups_go_on_and_afterwards_it_catches_up()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.RunJsonAsync(Token, "backup");

        await installation.Ssh.StopAsync();
        await installation.AddNoiseAsync("while_away", 2, Token);
        (await installation.RunAsync(Token, "backup"))
            .ExpectError(ErrorCodes.StorageUnreachable, "'remote' is not complete", installation.RemoteAddress);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        (await installation.RunAsync(Token, "wal-sync"))
            .ExpectError(ErrorCodes.StorageUnreachable, "'remote' is not complete");
        var list = await installation.RunJsonAsync(Token, "list", "--repository", "local");
        Assert.Equal(2, list.GetArrayLength());
        Assert.All(list.EnumerateArray(), backup => Assert.True(backup.GetProperty("restorable").GetBoolean()));
        Assert.Empty(Directory.GetFiles(installation.Postgres.SpoolPath));
        var away = await installation.RunAsync(Token, "status");
        Assert.Contains("HW301", away.Output, StringComparison.Ordinal);

        await installation.Ssh.StartAgainAsync(Token);
        var behind = await BehindAsync(installation);
        Assert.Equal(1, behind.GetProperty("baseBackups").GetInt32());
        Assert.InRange(behind.GetProperty("walFiles").GetInt32(), 1, int.MaxValue);
        Assert.InRange(behind.GetProperty("bytes").GetInt64(), 2 << 20, long.MaxValue);

        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();
        behind = await BehindAsync(installation);
        Assert.Equal(0, behind.GetProperty("walFiles").GetInt32());
        (await installation.RunAsync(Token, "backup")).ExpectDone();
        Assert.Equal(0, (await BehindAsync(installation)).GetProperty("baseBackups").GetInt32());
        RepositoryFiles.AssertSame(installation.LocalRepository, installation.RemoteRepository);
    }

    [Fact]
    public async Task A_remote_host_that_is_away_at_the_very_first_base_backup_is_brought_in_by_the_next_one()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Ssh.StopAsync();

        (await installation.RunAsync(Token, "backup"))
            .ExpectError(ErrorCodes.StorageUnreachable, "'remote' is not complete", installation.RemoteAddress);
        var first = Assert.Single(
            (await installation.RunJsonAsync(Token, "list", "--repository", "local")).EnumerateArray());
        Assert.True(first.GetProperty("restorable").GetBoolean());

        await installation.Ssh.StartAgainAsync(Token);
        (await installation.RunAsync(Token, "backup")).ExpectDone();

        var list = await installation.RunJsonAsync(Token, "list", "--repository", "remote");
        Assert.Equal(2, list.GetArrayLength());
        Assert.All(list.EnumerateArray(), backup => Assert.True(backup.GetProperty("restorable").GetBoolean()));
        Assert.Contains(first.GetProperty("id").GetString(), list.EnumerateArray().Select(
            backup => backup.GetProperty("id").GetString()));
        RepositoryFiles.AssertSame(installation.LocalRepository, installation.RemoteRepository);

        // From now on it has been there: an empty place over there is a disk that is not mounted.
        Directory.Move(installation.RemoteRepository, installation.RemoteRepository + "-mounted-elsewhere");
        (await installation.RunAsync(Token, "backup")).ExpectError(
            ErrorCodes.RepositoryNotCreated, installation.RemoteAddress, "'local' remembers", "mount it",
            "--create-repository remote");
        Assert.False(Directory.Exists(installation.RemoteRepository), "something was written to the mount point");
    }

    [Fact]
    public async Task A_full_remote_file_system_costs_the_local_backup_nothing_and_is_made_good()
    {
        using var small = new SmallFileSystem(64);
        await using var installation = await Installation.StartAsync(Token);
        var remote = Path.Combine(small.Path, "repository");
        installation.Environment["REMOTE_BACKUP_PATH"] = remote;
        await installation.RunJsonAsync(Token, "backup");
        var ballast = Path.Combine(small.Path, "ballast");
        var free = new DriveInfo(small.Path).AvailableFreeSpace;
        await File.WriteAllBytesAsync(ballast, new byte[free - (4 << 20)], Token);
        await installation.AddNoiseAsync("too_much", 8, Token);

        (await installation.RunAsync(Token, "backup"))
            .ExpectError(ErrorCodes.StorageFull, "'remote' is not complete", remote);
        Assert.Equal(2, (await installation.RunJsonAsync(Token, "list", "--repository", "local")).GetArrayLength());
        Assert.Equal(1, (await installation.RunJsonAsync(Token, "list", "--repository", "remote")).GetArrayLength());
        Assert.Equal(1, (await BehindAsync(installation)).GetProperty("baseBackups").GetInt32());
        RepositoryFiles.AssertPacksWhole(remote);

        File.Delete(ballast);
        (await installation.RunAsync(Token, "backup")).ExpectDone();
        RepositoryFiles.AssertSame(installation.LocalRepository, remote);
    }

    [Fact]
    public async Task An_unknown_host_key_is_refused_until_the_line_of_the_message_is_added()
    {
        await using var installation = await Installation.StartAsync(Token);
        var knownHosts = installation.Environment["REMOTE_BACKUP_KNOWN_HOSTS"];
        await File.WriteAllTextAsync(knownHosts, "", Token);

        var remedy = (await installation.RunAsync(Token, "backup")).ExpectError(
            ErrorCodes.HostKeyUnknown, "'remote' is not complete", Fingerprint(installation.Ssh), knownHosts);
        Assert.False(Directory.Exists(installation.RemoteRepository), "something was sent to an unknown host");

        await File.AppendAllTextAsync(knownHosts, LineOf(remedy) + "\n", Token);
        (await installation.RunAsync(Token, "backup")).ExpectDone();
        RepositoryFiles.AssertSame(installation.LocalRepository, installation.RemoteRepository);
    }

    [Fact]
    public async Task A_changed_host_key_is_refused_until_the_old_line_is_replaced_as_the_message_says()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.RunJsonAsync(Token, "backup");
        var there = RepositoryFiles.Below(installation.RemoteRepository, "wal-archive");
        var before = Fingerprint(installation.Ssh);
        await installation.Ssh.StopAsync();
        installation.Ssh.RotateHostKeys();
        await installation.Ssh.StartAgainAsync(Token);

        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        var remedy = (await installation.RunAsync(Token, "wal-sync"))
            .ExpectError(ErrorCodes.HostKeyChanged, "'remote' is not complete", before, Fingerprint(installation.Ssh));
        Assert.Equal(there, RepositoryFiles.Below(installation.RemoteRepository, "wal-archive"));

        await Tool.RunAsync(PostgresAccount.Command("sh", "-c", remedy.Split('`')[1]), Token);
        var knownHosts = installation.Environment["REMOTE_BACKUP_KNOWN_HOSTS"];
        await File.AppendAllTextAsync(knownHosts, LineOf(remedy) + "\n", Token);
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();
        Assert.NotEmpty(RepositoryFiles.Below(installation.RemoteRepository, "wal-archive").Except(there));
    }

    private static async Task<JsonElement> BehindAsync(Installation installation)
    {
        var status = await installation.RunAsync(Token, "status", "--json");
        var repositories = JsonDocument.Parse(status.Output).RootElement.GetProperty("repositories");
        var remote = repositories.EnumerateArray().Single(r => r.GetProperty("name").GetString() == "remote");
        var behind = remote.GetProperty("behind");
        Assert.True(behind.ValueKind == JsonValueKind.Object, status.Output);
        return behind;
    }

    private static string Fingerprint(SshServer server) => SshServer.Fingerprint(server.HostKey("ed25519"));

    /// <summary>The known_hosts line in a remedy, which is printed once.</summary>
    private static string LineOf(string remedy) => Assert.Single(
        remedy.Split('\n').Select(line => line.Trim()), line => line.StartsWith('['));
}
