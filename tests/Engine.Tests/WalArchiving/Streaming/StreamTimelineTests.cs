using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class StreamTimelineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_standby_that_is_promoted_while_it_is_streamed_is_followed_to_its_new_timeline()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.WriteSegmentsAsync(1);
        await using var standby = await PostgresServer.StartStandbyAsync(scene.Server, Token);
        var log = new EventLog<StreamWal>();
        scene.Logger = log;
        var remote = new ConcurrentQueue<string>();
        scene.RemoteStorage.Fault = (method, key) =>
        {
            if (method == "PutAsync" && key.StartsWith("wal-archive/00000002", StringComparison.Ordinal))
                remote.Enqueue(key);
            return null;
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var session = scene.Streamer(standby).RunAsync(
            scene.Local, [scene.RemoteSource], StreamLimit.For(TimeSpan.FromMinutes(5)), stop.Token);
        await scene.WriteSegmentsAsync(2);

        // Enough to write for the checkpoint after a promotion to last for a while.
        await scene.Server.ExecuteAsync("CREATE TABLE pages AS SELECT generate_series(1, 30000)", Token);
        var left = await scene.FlushedAsync();
        await StreamScene.UntilAsync(standby, "the standby's WAL is kept", async () =>
            await standby.QueryAsync<bool>(
                $"SELECT coalesce(bool_or(restart_lsn >= '{left}'), false) FROM pg_replication_slots", Token));

        await standby.PromoteAsync(Token);
        Assert.Equal(2u, (await new ReadServerFacts(standby.Connection).RunAsync(Token)).Timeline);
        await standby.ExecuteAsync("CREATE TABLE after_promotion AS SELECT 1; SELECT pg_switch_wal()", Token);
        await standby.ExecuteAsync("INSERT INTO after_promotion VALUES (2)", Token);
        var flushed = Lsn.Parse(await standby.QueryAsync<string>("SELECT pg_current_wal_flush_lsn()::text", Token));
        await StreamScene.UntilAsync(standby, "the new timeline is kept", async () =>
            await standby.QueryAsync<bool>(
                $"SELECT bool_or(restart_lsn >= '{flushed}') FROM pg_replication_slots", Token));
        await StreamScene.UntilAsync(standby, "the remote has more", () => Task.FromResult(remote.Count > 1));
        Assert.Equal("wal-archive/00000002.history", remote.First());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);

        var segments = await scene.AssertSameAsServerAsync(scene.LocalArchive, standby);
        Assert.Contains(segments, segment => segment.Timeline == 1);
        Assert.Contains(segments, segment => segment.Timeline == 2);
        await using var stored = await scene.LocalArchive.OpenReadAsync(WalFileName.HistoryOf(2), Token);
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(standby.DataDirectory, "pg_wal", "00000002.history"), Token),
            await StreamScene.ReadAsync(stored));
        var continuity = await WalContinuity.ReadAsync(scene.LocalArchive, Token);
        Assert.Empty(continuity.MissingHistories);
        var reach = continuity.ReachFrom(TestBackups.Needing(segments[0], segments[0], StreamScene.Size));
        Assert.Equal(2u, reach.Timeline);
        Assert.True(reach.End >= flushed);
        Assert.Equal("", log.Errors);

        // From the segment in which the old timeline was left on, everything is the new one's.
        Assert.Equal(
            segments.Where(segment => segment.Timeline == 1).Max().Next(StreamScene.Size) with { Timeline = 2 },
            segments.Where(segment => segment.Timeline == 2).Min());
    }

    [Fact]
    public async Task A_run_that_comes_after_the_promotion_goes_through_both_timelines()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.WriteSegmentsAsync(1);
        await using var standby = await PostgresServer.StartStandbyAsync(scene.Server, Token);
        await scene.Streamer(standby).RunAsync(scene.Local, [], StreamLimit.ServerPosition, Token);
        await scene.WriteSegmentsAsync(3);
        await standby.WaitForReplayAsync(scene.Server, Token);
        await standby.PromoteAsync(Token);
        await standby.ExecuteAsync("CREATE TABLE after_promotion AS SELECT 1; SELECT pg_switch_wal()", Token);

        // Where another standby was promoted to the same timeline before, nothing of this one may come between.
        var history = WalFileName.HistoryOf(2);
        using (var others = new MemoryStream("1\t0/1000000\tno recovery target specified\n"u8.ToArray()))
            await scene.RemoteArchive.PutAsync(history, others, Token);
        var conflict = await Assert.ThrowsAsync<HighwaterException>(() =>
            scene.Streamer(standby).RunAsync(scene.Remote, [], StreamLimit.ServerPosition, Token));
        Assert.Equal(ErrorCodes.WalConflict, conflict.Code);
        await scene.RemoteStorage.DeleteAsync(RepositoryLayout.WalFile(history), Token);

        var streamed = await scene.Streamer(standby).RunAsync(
            scene.Local, [scene.RemoteSource], StreamLimit.ServerPosition, Token);

        Assert.Equal(2u, streamed.Timeline);
        var segments = await scene.AssertSameAsServerAsync(scene.LocalArchive, standby);
        Assert.Equal(2, segments.Select(segment => segment.Timeline).Distinct().Count());
        Assert.Equal(
            segments.Count,
            (int)(segments.Max(s => s.Number(StreamScene.Size)) - segments.Min(s => s.Number(StreamScene.Size))) + 1);
    }

    [Fact]
    public async Task Archived_and_streamed_side_by_side_agree_byte_for_byte()
    {
        await using var scene = await StreamScene.StartAsync(archiving: true);
        var archiver = new ArchiveSpooledWal(
            new WalOptions(scene.Server.SpoolPath),
            Microsoft.Extensions.Logging.Abstractions.NullLogger<ArchiveSpooledWal>.Instance);
        await scene.TickAsync();
        for (var i = 0; i < 3; i++)
        {
            await scene.WriteSegmentsAsync(1);
            await scene.Server.ArchiveCurrentWalAsync(Token);

            // Now the one comes first, now the other.
            if (i % 2 == 0)
                Assert.Empty((await archiver.RunAsync(scene.Local, Token)).Faults);
            Assert.Empty((await scene.TickAsync()).Faults);
            Assert.Empty((await archiver.RunAsync(scene.Local, Token)).Faults);
        }

        Assert.Empty(Directory.GetFiles(scene.Server.SpoolPath));
        Assert.True((await scene.AssertSameAsServerAsync(scene.LocalArchive)).Count >= 6);
        Assert.Empty((await WalContinuity.ReadAsync(scene.LocalArchive, Token)).Gaps);
    }

    [Fact]
    public async Task A_segment_that_the_repository_has_with_other_bytes_is_put_aside_and_later_ones_go_on()
    {
        await using var scene = await StreamScene.StartAsync();
        var log = new EventLog<StreamWal>();
        scene.Logger = log;
        await scene.WriteSegmentsAsync(1);
        await scene.TickAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var session = scene.Streamer().RunAsync(
            scene.Local, [], StreamLimit.For(TimeSpan.FromMinutes(5)), stop.Token);
        await scene.UntilStreamingAsync();

        // Another server's copy of the segment comes in by another way.
        var segment = WalSegmentName.Containing(1, await scene.FlushedAsync(), StreamScene.Size);
        var foreign = await scene.InPgWalAsync(segment);
        var end = foreign.Length;
        Array.Clear(foreign, end / 2, end / 2);
        var header = await scene.LocalArchive.ReadHeaderAsync(
            (await scene.LocalArchive.ListAsync(Token))[^1].Name, Token);
        using (var encoded = await EncodedWalSegment.CreateAsync(
            header with
            {
                Name = segment.ToString(),
                Sha256 = Engine.Storage.Sha256Hash.Of(foreign),
                StartLsn = segment.Start(StreamScene.Size),
                EndLsn = segment.End(StreamScene.Size),
                Contents = null,
            },
            () => new MemoryStream(foreign),
            leaveOpen: false,
            Token))
            await scene.LocalStorage.PutAsync(
                RepositoryLayout.WalFile(WalFileName.Of(segment)), encoded.Content, Token);
        await scene.WriteSegmentsAsync(2);
        await StreamScene.UntilAsync(
            scene.Server,
            "the segment after it is there",
            async () => await scene.LocalArchive.StatAsync(
                WalFileName.Of(segment.Next(StreamScene.Size)), Token) is not null);

        Assert.Equal(
            await scene.InPgWalAsync(segment),
            await File.ReadAllBytesAsync(
                Assert.Single(Directory.GetFiles(Path.Combine(scene.SpoolPath, "quarantine"))), Token));
        Assert.Contains(Engine.Errors.ErrorCodes.WalConflict.Code, log.Errors, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
    }
}
