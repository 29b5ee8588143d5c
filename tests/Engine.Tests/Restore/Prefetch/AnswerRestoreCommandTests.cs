using Highwater.Engine.Errors;
using Highwater.Engine.Restore;
using Highwater.Engine.Restore.Prefetch;
using static Highwater.Engine.Tests.WalArchiving.WalScene;

namespace Highwater.Engine.Tests.Restore.Prefetch;

public sealed class AnswerRestoreCommandTests
{
    [Fact]
    public async Task What_lies_ready_is_given_away_though_every_repository_is_away()
    {
        await using var scene = await PrefetchScene.CreateAsync(3);
        await scene.AskAsync(Segment(1).ToString());
        await scene.AwaitReadyAsync(2, 3);
        scene.Wal.LocalStorage.Fault = (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");

        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync(Segment(2).ToString())).Outcome);

        Assert.Equal(BytesOf(Segment(2)), await File.ReadAllBytesAsync(scene.Destination, Token));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("link")]
    [InlineData("broken link")]
    public async Task A_folder_that_cannot_be_used_hinders_nobody_and_is_said_and_left_as_it_is(string what)
    {
        await using var scene = await PrefetchScene.CreateAsync(2);
        var elsewhere = Directory.CreateDirectory(Path.Combine(scene.DataDirectory, "elsewhere")).FullName;
        var kept = Path.Combine(elsewhere, "kept");
        await File.WriteAllTextAsync(kept, "of somebody else", Token);
        if (what == "file")
            await File.WriteAllTextAsync(scene.PrefetchPath, "no folder", Token);
        else
            File.CreateSymbolicLink(scene.PrefetchPath, what == "link" ? elsewhere : "/nowhere/at/all");

        var answer = await scene.AskAsync(Segment(1).ToString());

        Assert.Equal(WalGetOutcome.Found, answer.Outcome);
        Assert.Equal(BytesOf(Segment(1)), await File.ReadAllBytesAsync(scene.Destination, Token));
        Assert.Contains("highwater-prefetch", answer.PrefetchTrouble!, StringComparison.Ordinal);
        Assert.Equal(0, scene.Started);
        if (what != "file")
            await Assert.ThrowsAsync<IOException>(() => scene.Prefetch().RunAsync(Token));
        Assert.Equal(WalGetOutcome.Absent, (await scene.AskAsync(Segment(9).ToString())).Outcome);
        Assert.True(File.Exists(kept));
    }

    [Fact]
    public async Task Without_a_folder_nothing_is_fetched_ahead()
    {
        await using var scene = await PrefetchScene.CreateAsync(2);
        var answer = await new AnswerRestoreCommand(scene.Fetch(), null, () => Assert.Fail("started"))
            .RunAsync(Segment(1).ToString(), scene.Destination, Token);

        Assert.Equal(new WalGetAnswer(Segment(1).ToString(), WalGetOutcome.Found), answer);
        Assert.False(Directory.Exists(scene.PrefetchPath));
    }

    [Fact]
    public async Task Histories_are_answered_and_start_nothing()
    {
        await using var scene = await PrefetchScene.CreateAsync(1);
        scene.Wal.SpoolText("00000002.history", "1\t0/1480000\tpromoted\n");
        await scene.Wal.ArchiveAsync();

        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync("00000002.history")).Outcome);

        Assert.Equal(0, scene.Started);
        Assert.False(Directory.Exists(scene.PrefetchPath));
    }

    [Theory]
    [InlineData("000000010000000000000009")]
    [InlineData("00000002.history")]
    public async Task When_recovery_comes_to_its_end_what_a_killed_one_left_goes(string askedForLast)
    {
        await using var scene = await PrefetchScene.CreateAsync(1);
        Directory.CreateDirectory(scene.PrefetchPath);
        await File.WriteAllTextAsync(Path.Combine(scene.PrefetchPath, Segment(2) + ".draft"), "half", Token);

        Assert.Equal(new WalGetAnswer(askedForLast, WalGetOutcome.Absent), await scene.AskAsync(askedForLast));

        Assert.False(Directory.Exists(scene.PrefetchPath));
    }

    [Fact]
    public async Task What_lies_beyond_the_fork_is_not_laid_ready_nor_taken_from_what_a_killed_one_left()
    {
        await using var scene = await PrefetchScene.CreateAsync(6);
        scene.Wal.SpoolText("00000002.history", "1\t0/408000\tpromoted\n");
        await scene.Wal.ArchiveAsync();
        scene.Limits = scene.Limits with { MaxSegments = 6 };
        scene.Timeline = 2;

        // Laid by a process that was on its way to timeline 1; recovery sets out by asking for its own history.
        Directory.CreateDirectory(scene.PrefetchPath);
        await File.WriteAllBytesAsync(
            Path.Combine(scene.PrefetchPath, Segment(5).ToString()), BytesOf(Segment(5)), Token);
        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync("00000002.history")).Outcome);
        Assert.False(Directory.Exists(scene.PrefetchPath));

        await scene.AskAsync(Segment(1).ToString());
        await scene.AwaitReadyAsync(2, 3);
        scene.Take(2);
        scene.Take(3);
        await scene.GoneAsync();

        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync(Segment(4).ToString())).Outcome);
        Assert.Equal(0, (await File.ReadAllBytesAsync(scene.Destination, Token))[0x8000]);
        Assert.Equal(WalGetOutcome.Absent, (await scene.AskAsync(Segment(5).ToString())).Outcome);
        await scene.EndedAsync();
    }

    [Fact]
    public async Task One_repository_away_and_the_other_without_the_segment_is_trouble_and_not_the_end_of_the_WAL()
    {
        await using var scene = await PrefetchScene.CreateAsync(1);
        scene.Wal.RemoteStorage.Fault =
            (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");

        Assert.Equal(WalGetOutcome.Found, (await scene.AskAsync(Segment(1).ToString())).Outcome);
        await Assert.ThrowsAsync<TransientException>(() => scene.AskAsync(Segment(2).ToString()));
    }
}
