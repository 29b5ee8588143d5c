using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Tests.WalArchiving;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Restore;

/// <summary>The segment a lost server was writing, given to recovery; by <c>restore.sh</c> the same.</summary>
public sealed class FetchUnfinishedWalTests
{
    private static readonly WalSegmentName Last = WalScene.Segment(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_streamed_of_it_is_given_with_zeros_behind_it()
    {
        await using var scene = await WalScene.CreateAsync();
        var bytes = TestBytes.Of(70_000, 1);
        await PutAsync(scene.Local, 0, bytes[..50_000]);
        await PutAsync(scene.Remote, 0, bytes[..30_000]);
        await PutAsync(scene.Remote, 30_000, bytes[30_000..]);

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));

        // The one that leads farthest.
        Assert.Equal([.. bytes, .. new byte[WalScene.Size.Bytes - bytes.Length]], Given(scene));
        Assert.Equal(0, Script(scene, "remote"));
        Assert.Equal([.. bytes, .. new byte[WalScene.Size.Bytes - bytes.Length]], Given(scene));
    }

    [Fact]
    public async Task A_piece_behind_a_hole_is_of_no_use()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 10, TestBytes.Of(100, 1));

        Assert.Equal(WalGetOutcome.Absent, await FetchAsync(scene));
        Assert.Equal(1, Script(scene, "local"));
    }

    [Fact]
    public async Task Where_later_WAL_is_there_it_is_a_gap_and_not_the_end()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        scene.Spool(6);
        await scene.ArchiveAsync();

        Assert.Equal(WalGetOutcome.Absent, await FetchAsync(scene));
        Assert.Equal(1, Script(scene, "local"));
    }

    [Theory]
    [InlineData("0/500000", WalGetOutcome.Absent)] // the start of the segment
    [InlineData("0/500008", WalGetOutcome.Found)]
    public async Task Of_a_timeline_that_was_left_before_it_nothing_is_given(string left, WalGetOutcome outcome)
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        await scene.LocalArchive.PutAsync(
            WalFileName.HistoryOf(2), new MemoryStream(Encoding.UTF8.GetBytes($"1\t{left}\tno reason\n")), Token);

        Assert.Equal(outcome, await FetchAsync(scene));
        Assert.Equal(WalGetExitCode.Of(outcome), Script(scene, "local"));
    }

    [Fact]
    public async Task A_damaged_piece_is_replaced_by_another_repositorys_or_stops_recovery()
    {
        await using var scene = await WalScene.CreateAsync();
        var bytes = TestBytes.Of(70_000, 1);
        await PutAsync(scene.Local, 0, bytes);
        await PutAsync(scene.Remote, 0, bytes[..60_000]);
        var stored = Path.Combine(scene.LocalPath, RepositoryLayout.WalPiece(new WalPieceName(Last, 0, bytes.Length)));
        File.SetUnixFileMode(stored, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var damaged = File.ReadAllBytes(stored);
        damaged[^1000] ^= 1;
        File.WriteAllBytes(stored, damaged);

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal([.. bytes[..60_000], .. new byte[WalScene.Size.Bytes - 60_000]], Given(scene));
        Assert.Equal(200, Script(scene, "local"));

        await scene.RemoteStorage.DeleteAsync(RepositoryLayout.WalPiece(new WalPieceName(Last, 0, 60_000)), Token);
        Assert.Equal(
            ErrorCodes.RepositoryDamaged, (await Assert.ThrowsAsync<HighwaterException>(() => FetchAsync(scene))).Code);
        Assert.False(File.Exists(Destination(scene)));
    }

    private static Task PutAsync(BackupRepository repository, long from, byte[] bytes) =>
        new WalPieces(repository).PutAsync(
            new WalPieceName(Last, from, from + bytes.Length), () => new MemoryStream(bytes), Token);

    private static Task<WalGetOutcome> FetchAsync(WalScene scene) => new FetchWal(
        [
            new RepositorySource("local", "local", _ => Task.FromResult(scene.Local)),
            new RepositorySource("remote", "remote", _ => Task.FromResult(scene.Remote)),
        ],
        NullLogger<FetchWal>.Instance).RunAsync(Last.ToString(), Destination(scene), Token);

    private static string Destination(WalScene scene) => Path.Combine(scene.SpoolPath, "RECOVERYXLOG");

    private static byte[] Given(WalScene scene)
    {
        var bytes = File.ReadAllBytes(Destination(scene));
        File.Delete(Destination(scene));
        return bytes;
    }

    /// <summary>The exit status of the recovery kit's own wal-get.</summary>
    private static int Script(WalScene scene, string repository)
    {
        var script = Path.Combine(Path.GetDirectoryName(scene.LocalPath)!, repository, RepositoryLayout.RestoreScript);
        using var process = System.Diagnostics.Process.Start(
            "sh", [script, "wal-get", Last.ToString(), Destination(scene)]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
