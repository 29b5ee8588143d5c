using System.Security.Cryptography;
using Highwater.Engine.Backup;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Sftp;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Backup;

/// <summary>Base backups of a real server in a local repository and in one behind a real sshd.</summary>
public sealed class ReplicateBackupTests(ShellServerFixture fixture) : IClassFixture<ShellServerFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_repositories_hold_the_same_packs_of_one_read_and_a_second_backup_adds_little_to_either()
    {
        await using var scene = await BackupScene.StartAsync(4, Token);
        var path = await FolderAsync("same");
        await using var storage = new SftpStorage(SshServerFixture.OptionsFor(await fixture.ServerAsync(), path));
        var remote = await scene.OpenAsync("remote", storage, Token);

        var first = await scene.TakeAsync(Token, remote);
        Assert.Equal(PackFiles(scene.Folder.Combine("local")), PackFiles(path));
        Assert.Equal(new BackupReplicated(1, 0, 0), await ReplicateAsync(scene.Local, remote));
        var firstSize = PackFiles(path).Values.Sum(file => file.Length);

        // One row in a thousand, some far apart, most together.
        await scene.Server.ExecuteAsync(
            "UPDATE pgbench_accounts SET abalance = 7 WHERE aid % 1000 = 0 AND aid < 20000", Token);
        await scene.Server.ExecuteAsync(
            "UPDATE pgbench_accounts SET abalance = 7 WHERE aid BETWEEN 50000 AND 50379", Token);
        await scene.Server.ExecuteAsync("CHECKPOINT", Token);
        var second = await scene.TakeAsync(Token, remote);
        Assert.Equal(new BackupReplicated(1, 0, 0), await ReplicateAsync(scene.Local, remote));
        var growth = PackFiles(path).Values.Sum(file => file.Length) - firstSize;
        Assert.Equal(second.Sizes.StoredBytes, growth);
        Assert.InRange(growth, 1, firstSize / 5);

        await BackupScene.AssertWholeAsync(remote, first, Token);
        await BackupScene.AssertWholeAsync(remote, second, Token);
        Assert.Equal(new BackupReplicated(0, 0, 0), await ReplicateAsync(scene.Local, remote));
    }

    [Fact]
    public async Task A_copy_cut_off_in_the_middle_goes_on_where_it_was_and_sends_no_finished_pack_twice()
    {
        await using var scene = await BackupScene.StartAsync(2, Token);
        await scene.TakeAsync(Token);
        for (var run = 0; run < 3; run++)
        {
            await scene.Server.ExecuteAsync(
                "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid % 61 = 0", Token);
            await scene.TakeAsync(Token);
        }

        var server = await fixture.ServerAsync();
        await using var proxy = new CutConnectionProxy(server.Port);
        var path = await FolderAsync("cut");
        var knownHosts = scene.Folder.Combine("known_hosts");
        await File.WriteAllLinesAsync(
            knownHosts, server.PublicHostKeys().Select(key => $"[{SshServer.Host}]:{proxy.Port} {key}"), Token);
        await using var storage = new SftpStorage(SshServerFixture.OptionsFor(server, path) with
        {
            Port = proxy.Port, KnownHostsFile = knownHosts, Retries = 0,
        });
        var faulty = new FaultyStorage(storage);
        var remote = await scene.OpenAsync("remote", faulty, Token);

        var puts = new List<string>();
        faulty.LostAnswer = (method, key) => Remember(puts, method, key);
        var size = PackFiles(scene.Folder.Combine("local")).Values.Sum(file => file.Length);
        proxy.CutAfter(size * 7 / 10);
        var error = await Assert.ThrowsAsync<TransientException>(() => ReplicateAsync(scene.Local, remote));
        Assert.Equal(ErrorCodes.StorageUnreachable, error.Code);
        var before = PackFiles(path).Keys.ToHashSet();
        Assert.NotEmpty(before);
        Assert.True(before.Count < PackFiles(scene.Folder.Combine("local")).Count);

        puts.Clear();
        var rest = await ReplicateAsync(scene.Local, remote);
        Assert.Empty(puts.Select(Path.GetFileName).Intersect(before));
        Assert.Equal(rest.Packs, puts.Count);
        Assert.Equal(PackFiles(scene.Folder.Combine("local")), PackFiles(path));
        foreach (var backup in (await new BackupCatalog(scene.Local).ListAsync(Token)).Backups)
            await BackupScene.AssertWholeAsync(remote, backup, Token);
    }

    [Fact]
    public async Task A_commit_appears_only_after_everything_it_names()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        var backup = await scene.TakeAsync(Token);
        var (storage, other) = await scene.OpenOtherAsync("other", Token);
        var order = new List<string>();
        storage.LostAnswer = (method, key) =>
        {
            lock (order)
            {
                if (method == nameof(IStorage.PutAsync))
                    order.Add(key);
            }

            return null;
        };
        await ReplicateAsync(scene.Local, other);
        Assert.Equal(RepositoryLayout.BackupCommit(backup.Id), order[^1]);
        Assert.Equal(backup.Packs.Count + 3, order.Count);
    }

    [Fact]
    public async Task A_damaged_backup_is_never_committed_elsewhere_and_does_not_hold_up_the_next()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        var damaged = await scene.TakeAsync(Token);
        await scene.LocalStorage.DeleteAsync(RepositoryLayout.Pack(damaged.Packs[0].Sha256), Token);
        var whole = await scene.TakeAsync(Token);
        var (_, other) = await scene.OpenOtherAsync("other", Token);

        var error = await Assert.ThrowsAsync<HighwaterException>(() => ReplicateAsync(scene.Local, other));
        Assert.Equal(ErrorCodes.StorageObjectMissing, error.Code);
        Assert.Equal([whole.Id], await new BackupCatalog(other).ListIdsAsync(Token));
        await BackupScene.AssertWholeAsync(other, whole, Token);
    }

    [Fact]
    public async Task A_commit_that_cannot_be_understood_hinders_neither_the_next_base_backup_nor_its_copy()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        var damaged = await scene.TakeAsync(Token);
        await scene.LocalStorage.ReplaceAsync(
            RepositoryLayout.BackupCommit(damaged.Id), "{ \"format\": 1, "u8.ToArray(), Token);

        var whole = await scene.TakeAsync(Token);
        var (_, other) = await scene.OpenOtherAsync("other", Token);
        await ReplicateAsync(scene.Local, other);

        Assert.Equal([whole.Id], await new BackupCatalog(other).ListIdsAsync(Token));
        await BackupScene.AssertWholeAsync(other, whole, Token);
    }

    private static Exception? Remember(List<string> puts, string method, string key)
    {
        lock (puts)
        {
            if (method == nameof(IStorage.PutAsync) && key.StartsWith(RepositoryLayout.Packs, StringComparison.Ordinal))
                puts.Add(key);
        }

        return null;
    }

    private static Task<BackupReplicated> ReplicateAsync(BackupRepository source, BackupRepository target) =>
        new ReplicateBackup(TimeProvider.System, NullLogger<ReplicateBackup>.Instance).RunAsync(source, target, Token);

    /// <summary>Name and bytes of every pack below a folder.</summary>
    /// <summary>Length and hash of each, because xunit compares the bytes in a dictionary one by one.</summary>
    private static Dictionary<string, (long Length, string Hash)> PackFiles(string repository) => Directory
        .EnumerateFiles(Path.Combine(repository, "packs"), "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetFileName(path), Identity);

    private static (long Length, string Hash) Identity(string path)
    {
        using var file = File.OpenRead(path);
        return (file.Length, Convert.ToHexString(SHA256.HashData(file)));
    }

    private async Task<string> FolderAsync(string name) => Path.Combine((await fixture.ServerAsync()).Files, name);
}
