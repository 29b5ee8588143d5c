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

    [Fact]
    public async Task Later_pieces_do_not_make_it_a_gap()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        await new WalPieces(scene.Local).PutAsync(
            new WalPieceName(WalScene.Segment(6), 0, 50), () => new MemoryStream(TestBytes.Of(50, 2)), Token);

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal(TestBytes.Of(100, 1), Given(scene)[..100]);
        Assert.Equal(0, Script(scene, "local"));
        Assert.Equal(TestBytes.Of(100, 1), Given(scene)[..100]);
    }

    [Fact]
    public async Task A_repository_that_ends_there_gives_it_though_another_has_a_gap()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(200, 1));
        scene.Spool(6);
        await scene.ArchiveAsync();
        await PutAsync(scene.Remote, 0, TestBytes.Of(100, 1));

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal([.. TestBytes.Of(100, 1), .. new byte[100]], Given(scene)[..200]);
    }

    [Theory]
    [InlineData("0/4FFFF8", 0)]
    [InlineData("0/500000", 0)] // the start of the segment
    [InlineData("0/500008", 8)]
    [InlineData("0/500070", 100)]
    [InlineData("0/600000", 100)]
    public async Task Of_a_timeline_that_was_left_nothing_is_given_from_the_fork_on(string left, int length)
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        await PutHistoryAsync(scene.LocalArchive, 2, $"1\t{left}\tno reason\n");
        var outcome = length > 0 ? WalGetOutcome.Found : WalGetOutcome.Absent;
        byte[] expected = [.. TestBytes.Of(100, 1)[..length], .. new byte[WalScene.Size.Bytes - length]];

        Assert.Equal(outcome, await FetchAsync(scene, timeline: 2));
        if (length > 0)
            Assert.Equal(expected, Given(scene));
        Assert.Equal(outcome, await FetchAsync(scene));
        if (length > 0)
            Assert.Equal(expected, Given(scene));
        Assert.Equal(WalGetExitCode.Of(outcome), Script(scene, "local"));
        if (length > 0)
            Assert.Equal(expected, Given(scene));

        // Recovery that is to end on the older timeline itself gets all that it has.
        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, timeline: 1));
        Assert.Equal(TestBytes.Of(100, 1), Given(scene)[..100]);
    }

    [Fact]
    public async Task Where_a_timeline_was_left_twice_the_fork_on_the_way_of_recovery_counts_or_else_the_first()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        await PutHistoryAsync(scene.LocalArchive, 2, "1\t0/500028\tno reason\n");
        await PutHistoryAsync(scene.RemoteArchive, 3, "1\t0/500010\tno reason\n");

        foreach (var (timeline, length) in new (uint?, int)[] { (2, 0x28), (3, 0x10), (null, 0x10) })
        {
            Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, timeline));
            Assert.Equal([.. TestBytes.Of(100, 1)[..length], 0], Given(scene)[..(length + 1)]);
        }
    }

    [Fact]
    public async Task Where_a_younger_timeline_was_left_earlier_that_place_counts()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        await PutHistoryAsync(scene.LocalArchive, 3, "1\t0/600000\tno reason\n2\t0/500010\tno reason\n");

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, timeline: 3));
        Assert.Equal([.. TestBytes.Of(100, 1)[..0x10], 0], Given(scene)[..0x11]);
        Assert.Equal(0, Script(scene, "local"));
        Assert.Equal([.. TestBytes.Of(100, 1)[..0x10], 0], Given(scene)[..0x11]);
    }

    [Fact]
    public async Task A_history_that_one_repository_has_damaged_or_empty_is_taken_from_the_other()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Local, 0, TestBytes.Of(100, 1));
        foreach (var archive in new[] { scene.LocalArchive, scene.RemoteArchive })
            await PutHistoryAsync(archive, 2, "1\t0/500010\tno reason\n");
        foreach (var spoilt in new[] { "", "1\tnowhere" })
        {
            Overwrite(scene.LocalPath, "wal-archive/00000002.history", spoilt);
            Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, timeline: 2));
            Assert.Equal(0, Given(scene)[0x10]);
        }

        // Where none can say where the timeline was left, nobody may guess.
        await scene.RemoteStorage.DeleteAsync("wal-archive/00000002.history", Token);
        Assert.Equal(
            ErrorCodes.RepositoryDamaged,
            (await Assert.ThrowsAsync<HighwaterException>(() => FetchAsync(scene, timeline: 2))).Code);
    }

    [Fact]
    public async Task Recovery_does_not_end_earlier_because_the_farthest_repository_fails_for_a_moment()
    {
        await using var scene = await WalScene.CreateAsync();
        var bytes = TestBytes.Of(70_000, 1);
        await PutAsync(scene.Local, 0, bytes);
        await PutAsync(scene.Remote, 0, bytes[..60_000]);
        scene.LocalStorage.Fault = (method, key) =>
            method == nameof(scene.LocalStorage.OpenReadAsync) && key.Contains(".partial", StringComparison.Ordinal)
                ? new TransientException(ErrorCodes.StorageFailed, "The line was cut.", "wait")
                : null;

        Assert.Equal(
            ErrorCodes.StorageFailed, (await Assert.ThrowsAsync<TransientException>(() => FetchAsync(scene))).Code);
        Assert.False(File.Exists(Destination(scene)));

        // One that leads as far will do.
        await PutAsync(scene.Remote, 60_000, bytes[60_000..]);
        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal(bytes, Given(scene)[..bytes.Length]);
    }

    [Theory]
    [InlineData("0/500000", WalGetOutcome.Absent)] // the start of the segment
    [InlineData("0/508000", WalGetOutcome.Found)]
    public async Task What_a_promotion_left_of_it_is_given_where_its_timeline_was_left_in_it(
        string left, WalGetOutcome outcome)
    {
        await using var scene = await WalScene.CreateAsync();
        var partial = await PutPartialAsync(scene.Remote);
        await scene.RemoteArchive.PutAsync(
            WalFileName.HistoryOf(2), new MemoryStream(Encoding.UTF8.GetBytes($"1\t{left}\tno reason\n")), Token);

        // What stands behind that place is of no timeline.
        partial.AsSpan(0x8000).Clear();
        Assert.Equal(outcome, await FetchAsync(scene));
        Assert.True(outcome == WalGetOutcome.Absent || partial.AsSpan().SequenceEqual(Given(scene)));
        Assert.Equal(WalGetExitCode.Of(outcome), Script(scene, "remote"));
        Assert.True(outcome == WalGetOutcome.Absent || partial.AsSpan().SequenceEqual(Given(scene)));
    }

    [Fact]
    public async Task What_a_promotion_left_of_it_is_not_given_where_its_timeline_went_on_and_after_what_was_streamed()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutPartialAsync(scene.Local);
        var streamed = TestBytes.Of(70_000, 1);
        await PutAsync(scene.Local, 0, streamed);

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal(streamed, Given(scene)[..streamed.Length]);

        scene.Spool(6);
        await scene.ArchiveAsync();
        Hide(scene, RepositoryLayout.WalPiece(new WalPieceName(Last, 0, streamed.Length)));
        Assert.Equal(WalGetOutcome.Absent, await FetchAsync(scene));
        Assert.Equal(1, Script(scene, "local"));
    }

    [Fact]
    public async Task What_a_promotion_left_of_it_is_given_where_less_was_streamed()
    {
        await using var scene = await WalScene.CreateAsync();
        var partial = await PutPartialAsync(scene.Local);
        await PutAsync(scene.Local, 0, partial[..0x4000]);
        await PutHistoryAsync(scene.LocalArchive, 2, "1\t0/508000\tno reason\n");
        partial.AsSpan(0x8000).Clear();

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, timeline: 2));
        Assert.Equal(partial, Given(scene));
        Assert.Equal(0, Script(scene, "local"));
        Assert.Equal(partial, Given(scene));
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("partial")]
    [InlineData("pieces")]
    public async Task Pieces_of_a_timeline_that_end_before_it_began_do_not_hide_its_parents_copy(string copy)
    {
        await using var scene = await WalScene.CreateAsync();
        var bytes = WalScene.BytesOf(Last);
        if (copy == "whole")
            scene.Spool(5);
        if (copy == "partial")
            await PutPartialAsync(scene.Local);
        if (copy == "pieces")
            await PutAsync(scene.Local, 0, bytes[..0x3000]);
        await scene.ArchiveAsync();
        await PutHistoryAsync(scene.LocalArchive, 2, "1\t0/504000\tno reason\n");
        var child = Last with { Timeline = 2 };
        var pieces = new WalPieces(scene.Local);
        await pieces.PutAsync(new WalPieceName(child, 0, 0x2000), () => new MemoryStream(bytes[..0x2000]), Token);

        foreach (var timeline in new uint?[] { 2, null })
        {
            Assert.Equal(WalGetOutcome.Absent, await FetchAsync(scene, timeline, child));
            Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, timeline));
            Assert.Equal(bytes[..0x3000], Given(scene)[..0x3000]);
        }

        Assert.Equal(1, Script(scene, "local", segment: child));
        Assert.Equal(0, Script(scene, "local"));
        Assert.Equal(bytes[..0x3000], Given(scene)[..0x3000]);

        // Past that place they are WAL of its own.
        await pieces.PutAsync(
            new WalPieceName(child, 0x2000, 0x4001), () => new MemoryStream(bytes[0x2000..0x4001]), Token);
        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene, 2, child));
        Assert.Equal(0, Script(scene, "local", segment: child));
        Assert.Equal(bytes[..0x4001], Given(scene)[..0x4001]);
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

    [Fact]
    public async Task Where_it_is_finished_while_it_is_looked_for_it_is_given_whole()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(5);
        await scene.ArchiveAsync();
        var whole = Hide(scene, RepositoryLayout.WalFile(WalFileName.Of(Last)));
        await PutAsync(scene.Local, 0, WalScene.BytesOf(Last)[..50_000]);
        Once(scene, nameof(scene.LocalStorage.OpenReadAsync), ".partial", () =>
        {
            whole();
            Hide(scene, RepositoryLayout.WalPiece(new WalPieceName(Last, 0, 50_000)));
        });

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal(WalScene.BytesOf(Last), Given(scene));

        // And where it happened before the listing.
        whole = Hide(scene, RepositoryLayout.WalFile(WalFileName.Of(Last)));
        Once(scene, nameof(scene.LocalStorage.ListAsync), "", whole);
        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal(WalScene.BytesOf(Last), Given(scene));
    }

    [Fact]
    public async Task Where_pieces_are_merged_while_they_are_read_the_merged_one_is_given()
    {
        await using var scene = await WalScene.CreateAsync();
        var bytes = TestBytes.Of(70_000, 1);
        await PutAsync(scene.Local, 0, bytes);
        var merged = Hide(scene, RepositoryLayout.WalPiece(new WalPieceName(Last, 0, 70_000)));
        await PutAsync(scene.Local, 0, bytes[..30_000]);
        await PutAsync(scene.Local, 30_000, bytes[30_000..]);
        Once(scene, nameof(scene.LocalStorage.OpenReadAsync), ".partial", () =>
        {
            merged();
            Hide(scene, RepositoryLayout.WalPiece(new WalPieceName(Last, 0, 30_000)));
            Hide(scene, RepositoryLayout.WalPiece(new WalPieceName(Last, 30_000, 70_000)));
        });

        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));
        Assert.Equal([.. bytes, .. new byte[WalScene.Size.Bytes - bytes.Length]], Given(scene));
    }

    [Fact]
    public async Task The_script_gives_it_whole_where_it_is_finished_while_it_is_read()
    {
        await using var scene = await WalScene.CreateAsync();
        scene.Spool(5);
        await scene.ArchiveAsync();
        var stored = Path.Combine(scene.LocalPath, RepositoryLayout.WalFile(WalFileName.Of(Last)));
        Hide(scene, RepositoryLayout.WalFile(WalFileName.Of(Last)));
        await PutAsync(scene.Local, 0, WalScene.BytesOf(Last)[..50_000]);
        var piece = Path.Combine(scene.LocalPath, RepositoryLayout.WalPiece(new WalPieceName(Last, 0, 50_000)));

        // Streaming goes on at the moment when the script decompresses the piece.
        var tools = Directory.CreateDirectory(scene.InSpool("tools")).FullName;
        var zstd = Path.Combine(tools, "zstd");
        await File.WriteAllTextAsync(
            zstd,
            $"#!/bin/sh\n[ ! -e '{piece}' ] || {{ mv '{stored}.hidden' '{stored}'; rm -f '{piece}'; }}\n"
            + "PATH=${PATH#*:}\nexec zstd \"$@\"\n",
            Token);
        File.SetUnixFileMode(zstd, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Equal(0, Script(scene, "local", tools));
        Assert.Equal(WalScene.BytesOf(Last), Given(scene));
    }

    [Fact]
    public async Task That_one_repository_missed_the_end_of_its_timeline_does_not_make_it_the_end()
    {
        await using var scene = await WalScene.CreateAsync();
        await PutAsync(scene.Remote, 0, TestBytes.Of(100, 1));
        Assert.Equal(WalGetOutcome.Found, await FetchAsync(scene));

        await PutHistoryAsync(scene.LocalArchive, 2, "1\t0/500000\tno reason\n");
        Assert.Equal(WalGetOutcome.Absent, await FetchAsync(scene));
    }

    /// <summary>The file that a server archives at a promotion, with old content behind its last record.</summary>
    private static async Task<byte[]> PutPartialAsync(BackupRepository repository)
    {
        var bytes = WalScene.BytesOf(Last);
        WalScene.BytesOf(WalScene.Segment(1)).AsSpan(0x8000).CopyTo(bytes.AsSpan(0x8000));
        using var plain = new MemoryStream(bytes);
        await new WalArchive(repository).PutAsync(WalFileName.PartialOf(Last), plain, Token);
        return bytes;
    }

    /// <summary>Takes an object away; what is returned puts it back.</summary>
    private static Action Hide(WalScene scene, string key)
    {
        var path = Path.Combine(scene.LocalPath, key);
        File.Move(path, path + ".hidden", overwrite: true);
        return () => File.Move(path + ".hidden", path);
    }

    private static void Once(WalScene scene, string method, string part, Action action)
    {
        var isDone = false;
        scene.LocalStorage.Fault = (called, key) =>
        {
            if (!isDone && called == method && key.Contains(part, StringComparison.Ordinal))
            {
                isDone = true;
                action();
            }

            return null;
        };
    }

    private static Task PutAsync(BackupRepository repository, long from, byte[] bytes) =>
        new WalPieces(repository).PutAsync(
            new WalPieceName(Last, from, from + bytes.Length), () => new MemoryStream(bytes), Token);

    private static Task PutHistoryAsync(WalArchive archive, uint timeline, string text) => archive.PutAsync(
        WalFileName.HistoryOf(timeline), new MemoryStream(Encoding.UTF8.GetBytes(text)), Token);

    private static void Overwrite(string repository, string key, string text)
    {
        var path = Path.Combine(repository, key);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, text);
    }

    private static Task<WalGetOutcome> FetchAsync(
        WalScene scene, uint? timeline = null, WalSegmentName? segment = null) => new FetchWal(
        [
            new RepositorySource("local", "local", _ => Task.FromResult(scene.Local)),
            new RepositorySource("remote", "remote", _ => Task.FromResult(scene.Remote)),
        ],
        NullLogger<FetchWal>.Instance,
        timeline).RunAsync((segment ?? Last).ToString(), Destination(scene), Token);

    private static string Destination(WalScene scene) => Path.Combine(scene.SpoolPath, "RECOVERYXLOG");

    private static byte[] Given(WalScene scene)
    {
        var bytes = File.ReadAllBytes(Destination(scene));
        File.Delete(Destination(scene));
        return bytes;
    }

    /// <summary>The exit status of the recovery kit's own wal-get.</summary>
    private static int Script(
        WalScene scene, string repository, string? tools = null, WalSegmentName? segment = null)
    {
        var script = Path.Combine(Path.GetDirectoryName(scene.LocalPath)!, repository, RepositoryLayout.RestoreScript);
        var command = new System.Diagnostics.ProcessStartInfo(
            "sh", [script, "wal-get", (segment ?? Last).ToString(), Destination(scene)]);
        if (tools is not null)
            command.Environment["PATH"] = $"{tools}:{command.Environment["PATH"]}";
        using var process = System.Diagnostics.Process.Start(command)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
