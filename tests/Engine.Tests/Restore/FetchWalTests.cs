using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Tests.WalArchiving;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static Highwater.Engine.Tests.WalArchiving.WalScene;

namespace Highwater.Engine.Tests.Restore;

public sealed class FetchWalTests : IDisposable
{
    private readonly TempDirectory _folder = new("fetch");

    private string Destination => _folder.Combine("RECOVERYXLOG");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_segment_is_found_whole_and_replaces_what_stands_at_the_destination()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(1);
        await scene.ArchiveAsync();
        await File.WriteAllTextAsync(Destination, "old", Token);

        Assert.Equal(WalGetOutcome.Found, await Fetch(scene.Local).RunAsync(Segment(1).ToString(), Destination, Token));

        Assert.Equal(BytesOf(Segment(1)), await File.ReadAllBytesAsync(Destination, Token));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Absent_is_said_only_when_every_repository_has_answered()
    {
        await using var scene = await WalScene.CreateAsync();
        var fetch = Fetch(scene.Local, scene.Remote);
        Assert.Equal(WalGetOutcome.Absent, await fetch.RunAsync(Segment(1).ToString(), Destination, Token));

        scene.RemoteStorage.Fault = (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");

        await Assert.ThrowsAsync<TransientException>(() => fetch.RunAsync(Segment(1).ToString(), Destination, Token));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_repository_that_is_away_is_replaced_by_one_that_has_it()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(1);
        scene.SpoolText("00000002.history", "1\t0/1480000\tpromoted\n");
        await scene.ArchiveAsync();
        await scene.ReplicateAsync();
        scene.LocalStorage.Fault = (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");
        var fetch = Fetch(scene.Local, scene.Remote);

        Assert.Equal(WalGetOutcome.Found, await fetch.RunAsync(Segment(1).ToString(), Destination, Token));
        Assert.Equal(WalGetOutcome.Found, await fetch.RunAsync("00000002.history", Destination, Token));

        Assert.Equal("1\t0/1480000\tpromoted\n", await File.ReadAllTextAsync(Destination, Token));
    }

    [Fact]
    public async Task A_damaged_segment_is_trouble_and_leaves_nothing_at_the_destination()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(1);
        await scene.ArchiveAsync();
        var key = RepositoryLayout.WalFile(Engine.Postgres.WalFileName.Of(Segment(1)));
        var stored = Path.Combine(scene.LocalPath, key);
        var bytes = await File.ReadAllBytesAsync(stored, Token);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(stored, bytes, Token);

        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => Fetch(scene.Local).RunAsync(Segment(1).ToString(), Destination, Token));

        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task No_repository_and_no_WAL_name_are_trouble_and_not_absence()
    {
        await Assert.ThrowsAsync<HighwaterException>(() => Fetch().RunAsync(Segment(1).ToString(), Destination, Token));
        await using var scene = await WalScene.CreateAsync();
        await Assert.ThrowsAsync<HighwaterException>(() => Fetch(scene.Local).RunAsync("passwd", Destination, Token));
    }

    [Theory]
    [InlineData("0/4FFFF8", 0)]
    [InlineData("0/500000", 0)] // the start of the segment
    [InlineData("0/500008", 8)]
    [InlineData("0/5FFFF8", (1 << 20) - 8)]
    [InlineData("0/600000", 1 << 20)] // its end
    [InlineData("0/900000", 1 << 20)]
    public async Task Of_a_whole_segment_nothing_is_given_that_the_timeline_asked_for_has_left_behind(
        string left, int length)
    {
        await using var scene = await WalScene.CreateAsync();
        await ArchiveWithHistoryAsync(scene, left);
        var whole = BytesOf(Segment(5));

        var outcome = await FetchAsync(scene, timeline: 2);

        Assert.Equal(length > 0 ? WalGetOutcome.Found : WalGetOutcome.Absent, outcome);
        if (length > 0)
            Assert.Equal([.. whole[..length], .. new byte[whole.Length - length]], File.ReadAllBytes(Destination));
        Assert.Equal(length > 0 ? 1 : 0, Directory.GetFiles(_folder.Path).Length);

        // Who goes to the older timeline, or has not said where, gets what there is.
        foreach (var other in new uint?[] { 1, null })
        {
            Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, other));
            Assert.Equal(whole, File.ReadAllBytes(Destination));
        }
    }

    [Theory]
    [InlineData("0/500000", WalGetOutcome.Absent)]
    [InlineData("0/508000", WalGetOutcome.Absent)]
    [InlineData("0/600000", WalGetOutcome.Found)]
    public async Task Ahead_of_recovery_a_segment_is_given_only_if_all_of_it_will_be(
        string left, WalGetOutcome outcome)
    {
        await using var scene = await WalScene.CreateAsync();
        await ArchiveWithHistoryAsync(scene, left);

        Assert.Equal(outcome, await Fetch(2, scene.Local).RunWholeAsync(Segment(5).ToString(), Destination, Token));
        Assert.Equal(outcome == WalGetOutcome.Found, File.Exists(Destination));
    }

    [Fact]
    public async Task The_history_is_read_once_from_whichever_repository_has_it_and_not_at_all_if_it_does_not_matter()
    {
        await using var scene = await WalScene.CreateAsync();
        await ArchiveWithHistoryAsync(scene, "0/500008");
        await scene.ReplicateAsync();
        await scene.LocalStorage.DeleteAsync("wal-archive/00000002.history", Token);
        var reads = 0;
        scene.RemoteStorage.Fault = (method, key) =>
        {
            if (key.EndsWith(".history", StringComparison.Ordinal)
                && method == nameof(scene.RemoteStorage.OpenReadAsync))
                reads++;
            return null;
        };

        await FetchAsync(scene, 1);
        await FetchAsync(scene, null);
        Assert.Equal(0, reads);
        var fetch = Fetch(2, scene.Local, scene.Remote);
        for (var time = 0; time < 3; time++)
            Assert.Equal(WalGetOutcome.Found, await fetch.RunAsync(Segment(5).ToString(), Destination, Token));
        Assert.Equal(0, File.ReadAllBytes(Destination)[8]);
        Assert.Equal(1, reads);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_nobody_can_say_where_the_timeline_was_left_recovery_is_stopped(bool isAway)
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(5);
        await scene.ArchiveAsync();
        if (isAway)
            scene.RemoteStorage.Fault =
                (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");

        var error = await Assert.ThrowsAnyAsync<HighwaterException>(() => FetchAsync(scene, 2));

        Assert.Equal(isAway ? ErrorCodes.StorageUnreachable : ErrorCodes.WalAbsent, error.Code);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task One_that_comes_whole_while_its_pieces_are_looked_for_is_cut_as_well()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(5);
        scene.SpoolText("00000002.history", "1\t0/500008\tpromoted\n");
        var isDone = false;
        scene.RemoteStorage.Fault = (method, key) =>
        {
            if (!isDone && method == nameof(scene.RemoteStorage.ListAsync))
            {
                isDone = true;
                scene.ArchiveAsync().GetAwaiter().GetResult();
            }

            return null;
        };
        await scene.RemoteArchive.PutAsync(
            Engine.Postgres.WalFileName.HistoryOf(2), scene.InSpool("00000002.history"), Token);

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, 2));

        Assert.True(isDone);
        Assert.Equal([.. BytesOf(Segment(5))[..8], 0], File.ReadAllBytes(Destination)[..9]);
    }

    [Fact]
    public void Trouble_exits_above_125_and_absence_with_1()
    {
        Assert.Equal(0, WalGetExitCode.Of(WalGetOutcome.Found));
        Assert.Equal(1, WalGetExitCode.Of(WalGetOutcome.Absent));
        Assert.InRange(WalGetExitCode.Trouble, 126, 255);
    }

    private static FetchWal Fetch(params BackupRepository[] repositories) => Fetch(null, repositories);

    private static FetchWal Fetch(uint? timeline, params BackupRepository[] repositories) =>
        new([.. repositories.Select(RestoreScene.Source)], NullLogger<FetchWal>.Instance, timeline);

    private Task<WalGetOutcome> FetchAsync(WalScene scene, uint? timeline) =>
        Fetch(timeline, scene.Local, scene.Remote).RunAsync(Segment(5).ToString(), Destination, Token);

    private static async Task ArchiveWithHistoryAsync(WalScene scene, string left)
    {
        scene.Spool(5);
        scene.SpoolText("00000002.history", $"1\t{left}\tpromoted\n");
        await scene.ArchiveAsync();
    }
}
