using Highwater.Engine.Backup;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Backup;

/// <summary>Bad luck of every kind while a base backup of a real server is taken.</summary>
public sealed class TakeBaseBackupFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stopped_between_packs_and_commit_nothing_counts_and_the_next_attempt_stores_no_pack_again()
    {
        await using var scene = await BackupScene.StartAsync(3, Token);
        var id = await scene.NewIdAsync(Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        scene.LocalStorage.LostAnswer = (method, key) =>
        {
            if (method == nameof(IStorage.PutAsync) && key == RepositoryLayout.FileList(id))
                stop.Cancel();
            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => scene.TakeAsync(id, new ListLogger<TakeBaseBackup>(), stop.Token));
        var left = await BackupScene.ListAsync(scene.LocalStorage, RepositoryLayout.Packs, Token);
        Assert.NotEmpty(left);
        Assert.Empty(await new BackupCatalog(scene.Local).ListIdsAsync(Token));
        Assert.Empty(await BackupScene.ListAsync(scene.LocalStorage, RepositoryLayout.Leases, Token));

        scene.LocalStorage.LostAnswer = (_, _) => null;
        var backup = await scene.TakeAsync(id, new ListLogger<TakeBaseBackup>(), Token);

        Assert.Equal(id, backup.Id);
        Assert.True(backup.Sizes.StoredBytes < left.Values.Sum() / 20, $"{backup.Sizes} after {left.Values.Sum()}");
        Assert.Superset(
            left.Keys.ToHashSet(), backup.Packs.Select(pack => RepositoryLayout.Pack(pack.Sha256)).ToHashSet());
        await BackupScene.AssertWholeAsync(scene.Local, backup, Token);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.WorkFolder));
    }

    [Fact]
    public async Task A_committed_id_is_returned_and_nothing_is_read_from_the_server()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        var backup = await scene.TakeAsync(Token);
        await scene.Server.StopAsync(Token);
        var again = await scene.TakeAsync(backup.Id, new ListLogger<TakeBaseBackup>(), Token);
        Assert.Equal(backup.FileList, again.FileList);
        Assert.Equal(backup.Packs, again.Packs);
    }

    [Fact]
    public async Task A_full_local_disk_fails_cleanly_and_with_room_the_next_run_goes_on()
    {
        using var disk = new SmallFileSystem(24);
        await using var scene = await BackupScene.StartAsync(3, Token, Path.Combine(disk.Path, "local"));
        var ballast = Path.Combine(disk.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[22 << 20], Token);
        var id = await scene.NewIdAsync(Token);
        var error = await Assert.ThrowsAsync<TransientException>(
            () => scene.TakeAsync(id, new ListLogger<TakeBaseBackup>(), Token));
        Assert.Equal(ErrorCodes.StorageFull, error.Code);
        Assert.Empty(await new BackupCatalog(scene.Local).ListIdsAsync(Token));

        File.Delete(ballast);
        var backup = await scene.TakeAsync(id, new ListLogger<TakeBaseBackup>(), Token);
        await BackupScene.AssertWholeAsync(scene.Local, backup, Token);
    }

    [Fact]
    public async Task A_full_disk_for_temporary_files_is_named()
    {
        using var disk = new SmallFileSystem(1);
        await using var scene = await BackupScene.StartAsync(1, Token);
        await File.WriteAllBytesAsync(Path.Combine(disk.Path, "ballast"), new byte[(1 << 20) - 8192], Token);
        var error = await Assert.ThrowsAsync<TransientException>(
            async () => await new TakeBaseBackup(
                scene.Server.Connection, TimeProvider.System, new ListLogger<TakeBaseBackup>()).RunAsync(
                await scene.NewIdAsync(Token), scene.Local, [], Path.Combine(disk.Path, "work"), Token));
        Assert.Equal(ErrorCodes.StorageFull, error.Code);
        Assert.Contains(disk.Path, error.Message, StringComparison.Ordinal);
        Assert.Empty(await new BackupCatalog(scene.Local).ListIdsAsync(Token));
    }

    [Fact]
    public async Task A_remote_that_fails_in_whatever_way_costs_the_local_copy_nothing_and_is_logged_once()
    {
        await using var scene = await BackupScene.StartAsync(4, Token);
        var (away, awayRepository) = await scene.OpenOtherAsync("away", Token);
        away.Fault = (_, _) =>
            new TransientException(ErrorCodes.StorageUnreachable, "The host does not answer.", "wait");
        var (strange, strangeRepository) = await scene.OpenOtherAsync("strange", Token);
        strange.Fault = (_, _) => new InvalidOperationException("a bug");

        var logger = new ListLogger<TakeBaseBackup>();
        var backup = await scene.TakeAsync(
            await scene.NewIdAsync(Token), logger, Token, awayRepository, strangeRepository);
        await BackupScene.AssertWholeAsync(scene.Local, backup, Token);
        Assert.Single(logger.Lines, line => line.Contains("'away'", StringComparison.Ordinal));
        Assert.Single(logger.Lines, line => line.Contains("'strange'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lease_lost_before_the_commit_leaves_no_backup()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var id = await scene.NewIdAsync(Token);
        scene.LocalStorage.Fault = (method, key) =>
        {
            // The machine sleeps for an hour just before the commit: nothing could renew the lease.
            if (method == nameof(IStorage.PutAsync) && key == RepositoryLayout.Manifest(id))
                clock.SetUtcNow(clock.GetUtcNow().AddHours(1));
            return method == nameof(IStorage.ReplaceAsync)
                && key.StartsWith(RepositoryLayout.Leases, StringComparison.Ordinal)
                && clock.GetUtcNow() > id.StartedAt.AddMinutes(30)
                ? new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait") : null;
        };
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => new TakeBaseBackup(scene.Server.Connection, clock, new ListLogger<TakeBaseBackup>())
                .RunAsync(id, scene.Local, [], scene.WorkFolder, Token));
        Assert.Equal(ErrorCodes.LeaseLost, error.Code);
        Assert.Empty(await new BackupCatalog(scene.Local).ListIdsAsync(Token));
    }

    [Fact]
    public async Task A_pack_that_vanished_is_stored_again_instead_of_named()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        var first = await scene.TakeAsync(Token);
        await scene.LocalStorage.DeleteAsync(RepositoryLayout.Pack(first.Packs[0].Sha256), Token);
        var second = await scene.TakeAsync(Token);
        await BackupScene.AssertWholeAsync(scene.Local, second, Token);
    }

    [Fact]
    public async Task Tablespaces_stand_below_their_link_and_what_a_killed_run_staged_is_removed()
    {
        await using var scene = await BackupScene.StartAsync(1, Token);
        await scene.Server.CreateTablespaceAsync("fast", Token);
        await scene.Server.ExecuteAsync(
            "CREATE TABLE t TABLESPACE fast AS SELECT generate_series(1, 9000) AS n", Token);
        var dead = Path.Combine(scene.WorkFolder, "backup-dead");
        Directory.CreateDirectory(Path.Combine(dead, "staging"));
        await File.WriteAllTextAsync(Path.Combine(dead, "staging", "base.tar"), "left behind", Token);
        await File.WriteAllTextAsync(dead + ".lock", "", Token);

        var backup = await scene.TakeAsync(Token);
        var oid = Assert.Single(backup.Tablespaces).Oid;
        await BackupScene.AssertWholeAsync(scene.Local, backup, Token);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.WorkFolder));
        var folders = new HashSet<string>();
        var below = 0;
        await foreach (var entry in FileListReader.ReadAsync(scene.Local, backup, Token))
        {
            var parent = Path.GetDirectoryName(entry.Path)!;
            Assert.True(parent.Length == 0 || folders.Contains(parent), $"{entry.Path} came before {parent}");
            below += entry.Type == FileType.File
                && parent.StartsWith($"pg_tblspc/{oid}/", StringComparison.Ordinal) ? 1 : 0;
            if (entry.Type != FileType.File)
                folders.Add(entry.Path);
        }

        Assert.True(below > 0);
    }
}
