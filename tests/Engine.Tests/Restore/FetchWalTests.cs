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

    [Fact]
    public void Trouble_exits_above_125_and_absence_with_1()
    {
        Assert.Equal(0, WalGetExitCode.Of(WalGetOutcome.Found));
        Assert.Equal(1, WalGetExitCode.Of(WalGetOutcome.Absent));
        Assert.InRange(WalGetExitCode.Trouble, 126, 255);
    }

    private static FetchWal Fetch(params BackupRepository[] repositories) =>
        new([.. repositories.Select(RestoreScene.Source)], NullLogger<FetchWal>.Instance);
}
