using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Restore.Prefetch;
using Highwater.TestKit.Storage;
using static Highwater.Engine.Tests.WalArchiving.WalScene;

namespace Highwater.Engine.Tests.Restore.Prefetch;

public sealed class PrefetchWalTests
{
    [Fact]
    public async Task Segments_lie_ready_in_the_bounds_and_go_on_as_they_are_taken_until_there_are_no_more()
    {
        await using var scene = await PrefetchScene.CreateAsync(7);
        scene.Limits = scene.Limits with { MaxSegments = 3 };

        Assert.Equal(new WalGetAnswer(Segment(1).ToString(), WalGetOutcome.Found), await AskAsync(scene, 1));
        for (var number = 2u; number <= 7; number++)
        {
            await scene.AwaitReadyAsync([.. Numbers(number, Math.Min(number + 2, 7))]);
            Assert.InRange(Directory.GetFiles(scene.PrefetchPath).Length, 1, 3 + 1);
            scene.Take(number);
        }

        // Nobody says that recovery is over: the repositories have no more.
        await scene.GoneAsync();
        Assert.Equal(1, scene.Started);
        Assert.Equal(WalGetOutcome.Absent, (await AskAsync(scene, 8)).Outcome);
    }

    [Fact]
    public async Task Only_one_at_a_time_fetches_for_a_data_directory()
    {
        await using var scene = await PrefetchScene.CreateAsync(9);
        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2, 3, 4, 5);

        Assert.True(scene.Folder.IsHeld());
        Assert.Equal(0, await scene.Prefetch().RunAsync(Token));
        await AskAsync(scene, 2);

        Assert.Equal(1, scene.Started);
        await scene.AwaitReadyAsync(3, 4, 5, 6);
        await scene.EndAsync();
        Assert.False(Directory.Exists(scene.PrefetchPath));
        Assert.False(scene.Folder.IsHeld());
    }

    [Fact]
    public async Task A_segment_that_one_repository_has_damaged_comes_from_the_other()
    {
        await using var scene = await PrefetchScene.CreateAsync(3, alsoRemote: true);
        PrefetchScene.Damage(scene.Wal.LocalPath, 2);

        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2, 3);

        scene.Take(2);
    }

    [Fact]
    public async Task An_unfinished_segment_never_lies_ready_and_is_given_when_recovery_asks()
    {
        await using var scene = await PrefetchScene.CreateAsync(2);
        var streamed = TestBytes.Of(40_000, 1);
        await new WalPieces(scene.Wal.Local).PutAsync(
            new WalPieceName(Segment(3), 0, streamed.Length), () => new MemoryStream(streamed), Token);

        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2);
        scene.Take(2);
        await scene.GoneAsync();

        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync(Segment(3).ToString())).Outcome);
        Assert.Equal(streamed, File.ReadAllBytes(scene.Destination)[..streamed.Length]);
    }

    [Fact]
    public async Task A_segment_that_is_damaged_everywhere_never_lies_ready_and_recovery_hears_of_it()
    {
        await using var scene = await PrefetchScene.CreateAsync(4);
        PrefetchScene.Damage(scene.Wal.LocalPath, 3);
        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2);
        scene.Take(2);
        await scene.GoneAsync();

        var error = await Assert.ThrowsAsync<HighwaterException>(() => AskAsync(scene, 3));
        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
    }

    [Fact]
    public async Task When_the_repositories_go_away_what_lies_ready_is_served_and_then_trouble_is_no_absence()
    {
        await using var scene = await PrefetchScene.CreateAsync(6);
        scene.Limits = scene.Limits with { MaxSegments = 2 };
        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2, 3);

        scene.Wal.LocalStorage.Fault = (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");
        scene.Take(2);
        scene.Take(3);
        await scene.GoneAsync();

        await Assert.ThrowsAsync<TransientException>(() => AskAsync(scene, 4));
        scene.Wal.LocalStorage.Fault = (_, _) => null;
        Assert.Equal(WalGetOutcome.Found, (await AskAsync(scene, 4)).Outcome);
        Assert.Equal(2, scene.Started);
        await scene.AwaitReadyAsync(5, 6);
    }

    [Fact]
    public async Task Recovery_on_another_timeline_is_followed_and_what_was_fetched_in_vain_removed()
    {
        await using var scene = await PrefetchScene.CreateAsync(6);
        foreach (var number in Numbers(3, 5))
            await File.WriteAllBytesAsync(
                scene.Wal.InSpool(Segment(number, 2).ToString()), BytesOf(Segment(number, 2)), Token);
        await scene.Wal.ArchiveAsync();
        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2, 3, 4, 5);

        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync(Segment(3, 2).ToString())).Outcome);

        await PrefetchScene.AwaitAsync(
            "the new timeline lies ready",
            () => scene.ReadyNames().SequenceEqual([Segment(4, 2).ToString(), Segment(5, 2).ToString()]));
        Assert.Equal(1, scene.Started);
    }

    [Fact]
    public async Task It_ends_when_nobody_takes_anything_and_clears_up()
    {
        await using var scene = await PrefetchScene.CreateAsync(9);
        scene.Limits = scene.Limits with { IdleLimit = TimeSpan.FromMilliseconds(300) };

        await AskAsync(scene, 1);

        await scene.GoneAsync();
    }

    [Fact]
    public async Task It_ends_in_the_middle_of_a_fetch_when_recovery_is_over()
    {
        await using var scene = await PrefetchScene.CreateAsync(9);
        using var begun = new SemaphoreSlim(0);
        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2, 3, 4, 5);
        scene.Wal.LocalStorage.Fault = (_, _) =>
        {
            begun.Release();
            return null;
        };
        scene.Take(2);
        await begun.WaitAsync(Token);

        await scene.EndAsync();

        Assert.False(Directory.Exists(scene.PrefetchPath));
    }

    /// <summary>
    /// Every state a SIGKILL can leave: it strikes between making a draft, writing it, flushing it, naming it, removing
    /// what is behind, and removing the folder.
    /// </summary>
    [Fact]
    public async Task Whatever_a_killed_one_left_recovery_gets_the_right_bytes_and_the_folder_goes()
    {
        await using var scene = await PrefetchScene.CreateAsync(5);
        var leftovers =
            from whole in Gen.UInt[1, 9].Array[0, 4]
            from drafts in Gen.Select(Gen.UInt[1, 9], Gen.OneOf(Gen.Const(".draft"), Gen.Const(".draft.abc.tmp")))
                .Array[0, 3]
            from request in Gen.OneOf(Gen.Const(""), Gen.Const("0000"), Gen.Const(RequestOf(4).ToString()))
            select (whole, drafts, request);
        await leftovers.SampleAsync(
            async left =>
            {
                Directory.CreateDirectory(scene.PrefetchPath);
                File.WriteAllText(Path.Combine(scene.PrefetchPath, "next"), left.request);
                foreach (var number in left.whole)
                    File.WriteAllBytes(
                        Path.Combine(scene.PrefetchPath, Segment(number).ToString()), BytesOf(Segment(number)));
                foreach (var (number, suffix) in left.drafts)
                    File.WriteAllText(Path.Combine(scene.PrefetchPath, Segment(number) + suffix), "half");

                for (var number = 1u; number <= 5; number++)
                {
                    Assert.Equal(WalGetOutcome.Found, (await AskAsync(scene, number)).Outcome);
                    Assert.Equal(BytesOf(Segment(number)), File.ReadAllBytes(scene.Destination));
                }

                // One that was about to end when it was asked for more may not have heard of it.
                await scene.EndedAsync();
                Assert.Equal(WalGetOutcome.Absent, (await AskAsync(scene, 6)).Outcome);
                Assert.False(Directory.Exists(scene.PrefetchPath));
            },
            iter: 12,
            threads: 1);
    }

    [Fact]
    public async Task What_lies_ready_from_before_is_not_fetched_again()
    {
        await using var scene = await PrefetchScene.CreateAsync(4);
        var read = new List<string>();
        scene.Wal.LocalStorage.Fault = (method, key) =>
        {
            lock (read)
                read.Add(key);
            return null;
        };
        Directory.CreateDirectory(scene.PrefetchPath);
        await File.WriteAllBytesAsync(
            Path.Combine(scene.PrefetchPath, Segment(2).ToString()), BytesOf(Segment(2)), Token);
        scene.Folder.Ask(RequestOf(2));
        var running = scene.Prefetch().RunAsync(Token);
        await scene.AwaitReadyAsync(2, 3, 4);
        await scene.EndAsync();

        Assert.Equal(2, await running);
        Assert.DoesNotContain(RepositoryLayout.WalFile(WalFileName.Of(Segment(2))), read);
        Assert.Contains(RepositoryLayout.WalFile(WalFileName.Of(Segment(3))), read);
    }

    [Fact]
    public async Task A_full_disk_leaves_whole_segments_only_and_is_given_free_again()
    {
        using var small = new SmallFileSystem(4);
        await using var scene = await PrefetchScene.CreateAsync(8);
        scene.MoveTo(Path.Combine(small.Path, "data"));
        scene.Limits = scene.Limits with { MaxSegments = 8, Parallelism = 1, SpareBytes = long.MinValue / 2 };

        Assert.Equal(WalGetOutcome.Found, (await AskAsync(scene, 1)).Outcome);
        await scene.AwaitReadyAsync(2, 3);
        await PrefetchScene.AwaitAsync("there was no room for the next one", () => !scene.Refusals.IsEmpty);

        Assert.Equal(ErrorCodes.RestoreFailed, Assert.IsType<HighwaterException>(scene.Refusals.First()).Code);
        Assert.Equal(3, Directory.GetFiles(scene.PrefetchPath).Length);
        scene.Take(2);
        scene.Take(3);
        await scene.GoneAsync();
        Assert.Equal(WalGetOutcome.Found, (await AskAsync(scene, 4)).Outcome);
    }

    [Fact]
    public async Task Room_that_recovery_may_need_is_left_alone()
    {
        using var small = new SmallFileSystem(8);
        await using var scene = await PrefetchScene.CreateAsync(8);
        scene.MoveTo(Path.Combine(small.Path, "data"));
        scene.Limits = scene.Limits with { MaxSegments = 8, SpareBytes = 4 << 20 };

        await AskAsync(scene, 1);
        await scene.AwaitReadyAsync(2, 3);

        Assert.InRange(new DriveInfo(small.Path).AvailableFreeSpace, 4 << 20, 5 << 20);
        scene.Take(2);
        scene.Take(3);
        await scene.GoneAsync();
    }

    private static PrefetchRequest RequestOf(uint number) =>
        new(Segment(number), WalArchiving.WalScene.Size);

    private static Task<WalGetAnswer> AskAsync(PrefetchScene scene, uint number) =>
        scene.AskAsync(Segment(number).ToString());

    private static IEnumerable<uint> Numbers(uint first, uint last) =>
        Enumerable.Range((int)first, (int)(last - first + 1)).Select(number => (uint)number);
}
