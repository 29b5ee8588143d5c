using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.Storage.Local;
using Highwater.Engine.Tests.WalArchiving;
using Highwater.TestKit.Storage;
using Highwater.TestKit.WalArchiving;

namespace Highwater.Engine.Tests.Repository;

public sealed class WalArchiveTests
{
    private static readonly WalFileName Name = WalFileName.Of(WalScene.Segment(3));

    [Fact]
    public async Task The_same_segment_again_is_there_already()
    {
        await using var scene = await WalScene.CreateAsync();
        Assert.Equal(PutOutcome.Stored, await PutAsync(scene, 1));
        Assert.Equal(PutOutcome.AlreadyThere, await PutAsync(scene, 1));
        var error = await Assert.ThrowsAsync<HighwaterException>(() => PutAsync(scene, 2));
        Assert.Equal(ErrorCodes.WalConflict, error.Code);
    }

    [Fact]
    public async Task Fetched_files_are_whole_and_replace_what_was_there()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene, 1);
        var target = scene.InSpool("RECOVERYXLOG");
        await File.WriteAllTextAsync(target, "left by an earlier attempt", WalScene.Token);
        await scene.LocalArchive.FetchAsync(Name, target, WalScene.Token);
        Assert.Equal(WalScene.BytesOf(Name.Segment), await File.ReadAllBytesAsync(target, WalScene.Token));
        Assert.Equal(["RECOVERYXLOG"], scene.Spooled());
    }

    [Fact]
    public async Task Any_flipped_byte_of_a_stored_segment_is_noticed_and_leaves_no_file()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene, 1);
        var path = Path.Combine(scene.LocalPath, RepositoryLayout.WalFile(Name));
        var stored = await File.ReadAllBytesAsync(path, WalScene.Token);
        var header = 7 + BitConverter.ToInt32(stored, 4);
        int[] places =
        [
            0, 5, .. Enumerable.Range(8, header - 7), header - 10, header + 2, header + 5, header + 8, header + 10,
            stored.Length / 2, stored.Length - 1,
        ];
        foreach (var place in places)
        {
            var damaged = (byte[])stored.Clone();
            damaged[place] ^= 0x11;
            await File.WriteAllBytesAsync(path, damaged, WalScene.Token);
            var error = await Record.ExceptionAsync(
                () => scene.LocalArchive.FetchAsync(Name, scene.InSpool("RECOVERYXLOG"), WalScene.Token));
            Assert.True(
                error is HighwaterException { Code: var code } && code == ErrorCodes.RepositoryDamaged,
                $"byte {place} of {stored.Length} (header {header}): {error}");
            Assert.Empty(scene.Spooled());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(5000)]
    [InlineData(-1)]
    public async Task A_stored_segment_cut_short_is_noticed(int length)
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene, 1);
        var path = Path.Combine(scene.LocalPath, RepositoryLayout.WalFile(Name));
        var stored = await File.ReadAllBytesAsync(path, WalScene.Token);
        await File.WriteAllBytesAsync(path, stored[..(length < 0 ? stored.Length + length : length)], WalScene.Token);
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => scene.LocalArchive.VerifyAsync(Name, WalScene.Token));
        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
    }

    [Fact]
    public async Task A_segment_under_another_ones_name_is_noticed()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene, 1);
        var folder = Path.Combine(scene.LocalPath, RepositoryLayout.WalFolder(Name.Segment));
        File.Copy(Path.Combine(folder, $"{Name}.zst"), Path.Combine(folder, $"{WalScene.Segment(4)}.zst"));
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => scene.LocalArchive.VerifyAsync(WalFileName.Of(WalScene.Segment(4)), WalScene.Token));
        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
    }

    [Fact]
    public async Task Absent_is_said_only_when_the_repository_answered()
    {
        await using var scene = await WalScene.CreateAsync();
        var absent = await Assert.ThrowsAsync<HighwaterException>(
            () => scene.LocalArchive.FetchAsync(Name, scene.InSpool("RECOVERYXLOG"), WalScene.Token));
        Assert.Equal(ErrorCodes.WalAbsent, absent.Code);
        Assert.Null(await scene.LocalArchive.StatAsync(Name, WalScene.Token));
        scene.LocalStorage.Fault = (_, _) =>
            new TransientException(ErrorCodes.StorageUnreachable, "It is away.", "start it");
        var away = await Assert.ThrowsAsync<TransientException>(
            () => scene.LocalArchive.FetchAsync(Name, scene.InSpool("RECOVERYXLOG"), WalScene.Token));
        Assert.Equal(ErrorCodes.StorageUnreachable, away.Code);
    }

    [Fact]
    public async Task Large_segments_come_back_the_same_and_need_no_room_but_where_they_are_kept()
    {
        using var folder = new TempDirectory("large");
        var size = new WalSegmentSize(128 << 20);
        await using var storage = new FaultyStorage(new LocalStorage(folder.Path));
        var archive = new WalArchive(await BackupRepository.OpenOrCreateAsync(
            "local", storage, new ClusterIdentity(WalScene.Cluster, 15, size), TimeProvider.System, WalScene.Token));
        var name = WalFileName.Of(WalSegmentName.FromNumber(1, 3, size));
        using var plain = new MemoryStream(TestSegments.Make(name.Segment, WalScene.Cluster, size));
        var elsewhere = 0;
        storage.Fault = (method, _) =>
        {
            if (method == nameof(storage.PutAsync))
                elsewhere += Directory.GetFiles(Path.GetTempPath(), "highwater-*").Length;
            return null;
        };
        Assert.Equal(PutOutcome.Stored, await archive.PutAsync(name, plain, WalScene.Token));
        Assert.Equal(0, elsewhere);
        Assert.Equal(PutOutcome.AlreadyThere, await archive.PutAsync(name, plain, WalScene.Token));
        await archive.VerifyAsync(name, WalScene.Token);
    }

    [Fact]
    public async Task The_same_segment_with_other_contents_is_there_already_once_it_is_durable()
    {
        await using var scene = await WalScene.CreateAsync();
        using var plain = new MemoryStream(WalScene.BytesOf(Name.Segment));
        var header = await scene.LocalArchive.DescribeAsync(Name, plain, null, WalScene.Token);
        await scene.LocalArchive.PutAndReadBackAsync(header with { Contents = null }, plain, WalScene.Token);
        var puts = 0;
        scene.LocalStorage.Fault = (method, _) => method == nameof(scene.LocalStorage.PutAsync) && ++puts == 2
            ? new TransientException(ErrorCodes.StorageFailed, "It cannot be flushed.", "wait")
            : null;

        // What is there is put once more: a storage says of that only what is durable.
        await Assert.ThrowsAsync<TransientException>(() => PutAsync(scene, 1));
        Assert.Equal(PutOutcome.AlreadyThere, await PutAsync(scene, 1));
        Assert.Equal(4, puts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1\t0/5000")] // cut
    [InlineData("1\tnowhere\n")]
    public async Task A_history_file_that_is_not_whole_is_not_given(string text)
    {
        await using var scene = await WalScene.CreateAsync();
        var history = WalFileName.HistoryOf(2);
        await scene.LocalStorage.PutAsync(
            RepositoryLayout.WalFile(history), ObjectContent.FromBytes(Encoding.UTF8.GetBytes(text)), WalScene.Token);

        foreach (var read in new Func<Task>[]
        {
            () => scene.LocalArchive.FetchAsync(history, scene.InSpool("RECOVERYHISTORY"), WalScene.Token),
            () => scene.LocalArchive.VerifyAsync(history, WalScene.Token),
            () => scene.LocalArchive.ReadHistoryAsync(2, WalScene.Token),
            () => scene.RemoteArchive.PutStoredAsync(
                scene.LocalArchive, new WalArchiveEntry(history, text.Length, default), null, WalScene.Token),
        })
            Assert.Equal(ErrorCodes.RepositoryDamaged, (await Assert.ThrowsAsync<HighwaterException>(read)).Code);
        Assert.Empty(scene.Spooled());
    }

    [Fact]
    public async Task Listing_passes_over_what_is_not_of_the_archive()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene, 1);
        string[] strangers = ["wal-archive/README", "wal-archive/0000000100000000/000000010000000000000004.gz"];
        foreach (var key in strangers)
            await scene.LocalStorage.PutAsync(
                key, ObjectContent.FromBytes(Encoding.UTF8.GetBytes("x")), WalScene.Token);
        Assert.Equal([Name.Name], await WalScene.NamesAsync(scene.LocalArchive));
    }

    private static async Task<PutOutcome> PutAsync(WalScene scene, int seed)
    {
        using var plain = new MemoryStream(WalScene.BytesOf(Name.Segment, seed));
        return await scene.LocalArchive.PutAsync(Name, plain, WalScene.Token);
    }
}
