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
    public async Task Large_segments_pass_through_a_file_and_come_back_the_same()
    {
        using var folder = new TempDirectory("large");
        var size = new WalSegmentSize(128 << 20);
        await using var storage = new LocalStorage(folder.Path);
        var archive = new WalArchive(await BackupRepository.OpenOrCreateAsync(
            "local", storage, new ClusterIdentity(WalScene.Cluster, 15, size), TimeProvider.System, WalScene.Token));
        var name = WalFileName.Of(WalSegmentName.FromNumber(1, 3, size));
        using var plain = new MemoryStream(TestSegments.Make(name.Segment, WalScene.Cluster, size));
        Assert.Equal(PutOutcome.Stored, await archive.PutAsync(name, plain, WalScene.Token));
        plain.Position = 0;
        Assert.Equal(PutOutcome.AlreadyThere, await archive.PutAsync(name, plain, WalScene.Token));
        await archive.VerifyAsync(name, WalScene.Token);
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
