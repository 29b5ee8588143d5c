using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Storage.Local;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class AwaitWalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idle_server_is_made_to_finish_the_segment_and_both_repositories_get_it()
    {
        await using var scene = await ServerScene.StartAsync();
        using var folder = new TempDirectory("remote");
        await using var storage = new LocalStorage(folder.Path);
        var remote = await scene.OpenAsync("remote", storage);
        var first = await scene.CurrentSegmentAsync();
        await scene.WriteSegmentsAsync(2);
        var last = await scene.CurrentSegmentAsync();
        Assert.True(last.CompareTo(first) > 0);
        var backup = TestBackups.Needing(first, last, scene.Size);

        var result = await scene.Awaiter().RunAsync(backup, scene.Local, remote, Patience, Token);

        Assert.Equal((int)(last.Number(scene.Size) - first.Number(scene.Size) + 1), result.Segments);
        foreach (var segment in WalSegmentName.Range(first, last, scene.Size))
        {
            await scene.LocalArchive.VerifyAsync(WalFileName.Of(segment), Token);
            await new Engine.Repository.WalArchive(remote).VerifyAsync(WalFileName.Of(segment), Token);
        }
    }

    [Fact]
    public async Task What_is_there_is_not_waited_for_even_when_the_server_is_gone()
    {
        await using var scene = await ServerScene.StartAsync();
        var segment = await scene.CurrentSegmentAsync();
        await scene.Server.ArchiveCurrentWalAsync(Token);
        await scene.ArchiveAsync();
        await scene.Server.StopAsync(Token);
        Directory.Delete(scene.Server.SpoolPath, recursive: true);
        var backup = TestBackups.Needing(segment, segment, scene.Size);
        var result = await scene.Awaiter().RunAsync(backup, scene.Local, scene.Local, TimeSpan.Zero, Token);
        Assert.Equal(1, result.Segments);

        // What a power cut left empty is not there, and there is no spool to bring it from.
        var key = Engine.Repository.RepositoryLayout.WalFile(WalFileName.Of(segment));
        await File.WriteAllBytesAsync(Path.Combine(scene.LocalPath, key), [], Token);
        var error = await Assert.ThrowsAnyAsync<HighwaterException>(
            () => scene.Awaiter().RunAsync(backup, scene.Local, scene.Local, TimeSpan.Zero, Token));
        Assert.Equal(ErrorCodes.SpoolUnusable, error.Code);
    }

    [Fact]
    public async Task When_archiving_fails_the_deadline_names_the_segments_and_what_the_server_says()
    {
        await using var scene = await ServerScene.StartAsync(("archive_command", "'false'"));
        var segment = await scene.CurrentSegmentAsync();
        await scene.Server.ExecuteAsync("SELECT pg_switch_wal()", Token);
        await scene.Server.WaitUntilAsync(
            "archiving failed",
            async () => await scene.Server.QueryAsync<long>("SELECT failed_count FROM pg_stat_archiver", Token) > 0,
            Patience,
            Token);
        var backup = TestBackups.Needing(segment, segment, scene.Size);
        var error = await Assert.ThrowsAsync<TransientException>(
            () => scene.Awaiter().RunAsync(backup, scene.Local, scene.Local, TimeSpan.Zero, Token));
        Assert.Equal(ErrorCodes.WalAwaited, error.Code);
        Assert.Contains($"{segment} was not archived;", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("failing on", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("archive_command", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_right_to_switch_the_deadline_says_how_to_give_it()
    {
        await using var scene = await ServerScene.StartAsync();
        await scene.Server.ExecuteAsync("CREATE ROLE plain LOGIN PASSWORD 'plain'", Token);
        var segment = await scene.CurrentSegmentAsync();
        var backup = TestBackups.Needing(segment, segment, scene.Size);
        var login = scene.Login with { User = "plain", Password = "plain" };
        var error = await Assert.ThrowsAsync<TransientException>(
            () => scene.Awaiter(login).RunAsync(backup, scene.Local, scene.Local, TimeSpan.FromSeconds(2), Token));
        Assert.Contains($"{segment} was not archived yet;", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("GRANT EXECUTE ON FUNCTION pg_switch_wal()", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_stays_away_is_told_of_with_where_the_segments_are()
    {
        await using var scene = await ServerScene.StartAsync();
        using var folder = new TempDirectory("remote");
        await using var storage = new FaultyStorage(new LocalStorage(folder.Path));
        var remote = await scene.OpenAsync("remote", storage);
        var segment = await scene.CurrentSegmentAsync();
        await scene.Server.ArchiveCurrentWalAsync(Token);
        storage.Fault = (method, _) => method == "PutAsync"
            ? new TransientException(ErrorCodes.StorageFull, "The remote disk is full.", "make room there")
            : null;
        var backup = TestBackups.Needing(segment, segment, scene.Size);
        var error = await Assert.ThrowsAsync<TransientException>(
            () => scene.Awaiter().RunAsync(backup, scene.Local, remote, TimeSpan.Zero, Token));
        Assert.Equal(ErrorCodes.WalAwaited, error.Code);
        Assert.Contains($"{segment} is in the repository 'local' only;", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("The remote disk is full.", error.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("make room there", error.Remedy, StringComparison.Ordinal);
    }
}
