using System.Collections.Concurrent;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class StreamAcknowledgementTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(WalAcknowledgement.Local)]
    [InlineData(WalAcknowledgement.All)]
    public async Task The_server_is_told_of_nothing_that_is_not_durable_where_it_must_be(WalAcknowledgement where)
    {
        await using var scene = await StreamScene.StartAsync();
        scene.Options = scene.Options with { Acknowledge = where };
        await scene.WriteAsync(1_000);
        await scene.TickAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var session = scene.Streamer().RunAsync(
            scene.Local, [scene.RemoteSource], StreamLimit.For(TimeSpan.FromMinutes(5)), stop.Token);
        await scene.UntilStreamingAsync();

        // From here on the storage that counts takes nothing, without saying so.
        using var open = new ManualResetEventSlim();
        var storage = where == WalAcknowledgement.Local ? scene.LocalStorage : scene.RemoteStorage;
        var stalled = 0;
        storage.Fault = (method, _) =>
        {
            if (method == "PutAsync" && !open.IsSet)
            {
                Interlocked.Increment(ref stalled);
                open.Wait(Token);
            }

            return null;
        };
        await scene.WriteAsync(50_000);
        var flushed = await scene.FlushedAsync();
        await StreamScene.UntilAsync(scene.Server, "the storage stalls", () => Task.FromResult(stalled > 0));
        await StreamScene.UntilAsync(
            scene.Server,
            "the server has sent everything and has had some reports",
            async () => await scene.Server.QueryAsync<bool>(
                $"SELECT bool_or(write_lsn >= '{flushed}' OR sent_lsn >= '{flushed}') FROM pg_stat_replication",
                Token));
        for (var i = 0; i < 8; i++)
        {
            Assert.True((await scene.SlotAsync())!.RestartLsn < flushed, "It was acknowledged before it was durable.");
            Assert.False(
                await scene.Server.QueryAsync<bool>(
                    $"SELECT coalesce(bool_or(flush_lsn >= '{flushed}'), false) FROM pg_stat_replication", Token),
                "The flush position is beyond what is durable.");
            await Task.Delay(TimeSpan.FromMilliseconds(250), Token);
        }

        open.Set();
        await StreamScene.UntilAsync(
            scene.Server, "it is acknowledged", async () => (await scene.SlotAsync())!.RestartLsn >= flushed);
        await scene.AssertPiecesAsync(where == WalAcknowledgement.Local ? scene.Local : scene.Remote, 1, flushed);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
    }

    [Fact]
    public async Task A_remote_that_is_away_keeps_WAL_on_the_server_and_not_from_the_local_repository()
    {
        await using var scene = await StreamScene.StartAsync();
        scene.Options = scene.Options with { Acknowledge = WalAcknowledgement.All };
        await scene.TickAsync();
        var safe = (await scene.SlotAsync())!.RestartLsn;
        TakeRemoteAway(scene);
        await scene.WriteSegmentsAsync(2);
        var flushed = await scene.FlushedAsync();

        var away = await scene.TickAsync();

        Assert.True(away.Durable >= flushed);
        Assert.Equal(safe, (await scene.SlotAsync())!.RestartLsn);
        scene.RemoteStorage.Fault = (_, _) => null;
        var back = await scene.TickAsync();
        Assert.True(back.Acknowledged >= flushed);
        Assert.Equal(
            await scene.AssertSameAsServerAsync(scene.LocalArchive),
            await scene.AssertSameAsServerAsync(scene.RemoteArchive));
        await scene.AssertPiecesAsync(scene.Remote, 1, flushed);
    }

    [Fact]
    public async Task Back_after_an_outage_a_remote_has_what_it_missed_before_it_has_pieces_of_what_follows()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.TickAsync();
        TakeRemoteAway(scene);
        await scene.WriteSegmentsAsync(2);
        await scene.TickAsync();
        scene.RemoteStorage.Fault = (_, _) => null;
        var stored = new ConcurrentQueue<string>();
        scene.RemoteStorage.LostAnswer = (method, key) =>
        {
            if (method == "PutAsync")
                stored.Enqueue(key);
            return null;
        };

        await scene.TickAsync();

        Assert.Equal(
            await scene.AssertSameAsServerAsync(scene.LocalArchive),
            await scene.AssertSameAsServerAsync(scene.RemoteArchive));
        await scene.AssertPiecesAsync(scene.Remote, 1, await scene.FlushedAsync());
        Assert.Equal(
            [false, false, true], stored.Select(key => key.Contains(".partial", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_remote_that_is_back_after_a_day_is_brought_level_by_the_WAL_sync_and_gets_no_pieces_before()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.TickAsync();
        TakeRemoteAway(scene);
        await scene.WriteSegmentsAsync(FollowedWal.MostLookedAt + 2);
        await scene.TickAsync();
        scene.RemoteStorage.Fault = (method, _) => method == "PutAsync"
            ? new InvalidOperationException("Nothing is to be stored.")
            : null;

        Assert.Empty((await scene.TickAsync()).Faults);

        scene.RemoteStorage.Fault = (_, _) => null;
        await new ReplicateWal(TimeProvider.System, NullLogger<ReplicateWal>.Instance)
            .RunAsync(scene.Local, scene.Remote, budget: null, Token);
        await scene.TickAsync();
        await scene.AssertPiecesAsync(scene.Remote, 1, await scene.FlushedAsync());
    }

    [Fact]
    public async Task A_remote_that_does_not_come_level_holds_up_a_run_for_a_short_while_only()
    {
        await using var scene = await StreamScene.StartAsync();
        scene.Options = scene.Options with
        {
            Acknowledge = WalAcknowledgement.All,
            CatchUpTime = TimeSpan.FromMilliseconds(100),
        };
        await scene.WriteSegmentsAsync(1);
        var slow = new RepositorySource("remote", scene.RemotePath, async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return scene.Remote;
        });

        var streamed = await scene.Streamer().RunAsync(scene.Local, [slow], StreamLimit.ServerPosition, Token)
            .WaitAsync(TimeSpan.FromMinutes(2), Token);

        Assert.True(streamed.Durable >= await scene.FlushedAsync());
        Assert.Equal(Lsn.None, streamed.Acknowledged);
    }

    [Theory]
    [InlineData(SlotLagAction.Keep)]
    [InlineData(SlotLagAction.Release)]
    [InlineData(SlotLagAction.Drop)]
    public async Task Beyond_the_limit_the_operators_choice_is_taken_and_said_loudly(SlotLagAction action)
    {
        await using var scene = await StreamScene.StartAsync();
        var log = new EventLog<StreamWal>();
        scene.Logger = log;
        scene.Options = scene.Options with
        {
            Acknowledge = WalAcknowledgement.All,
            LagWarnBytes = 1 << 19,
            LagLimitBytes = 1 << 20,
            LagAction = action,
        };
        await scene.TickAsync();
        TakeRemoteAway(scene);
        await scene.WriteSegmentsAsync(3);

        var lagging = await scene.TickAsync();

        Assert.Contains(lagging.Faults, fault => fault.Code == ErrorCodes.SlotLagging.Code
            && fault.WhatHappened.Contains("WAL_SLOT_LAG_ACTION", StringComparison.Ordinal)
            && fault.WhatHappened.Contains("The remote host is away.", StringComparison.Ordinal));
        Assert.Contains("HW511", log.Errors, StringComparison.Ordinal);
        var slot = await scene.SlotAsync();
        switch (action)
        {
            case SlotLagAction.Keep:
                Assert.True(slot!.LagBytes > scene.Options.LagLimitBytes);
                break;
            case SlotLagAction.Release:
                // The server reads it a moment later; where the stream's end comes first, the next run says it again.
                await StreamScene.UntilAsync(scene.Server, "the server has heard of it", async () =>
                {
                    if ((await scene.SlotAsync())!.LagBytes <= scene.Options.LagLimitBytes)
                        return true;
                    await scene.TickAsync();
                    return false;
                });
                break;
            default:
                Assert.Null(slot);
                break;
        }

        // The local repository has everything, so the remote one gets everything as well once it is back.
        scene.RemoteStorage.Fault = (_, _) => null;
        await scene.WriteSegmentsAsync(1);
        Assert.Empty((await scene.TickAsync()).Faults);
        Assert.Equal(
            await scene.AssertSameAsServerAsync(scene.LocalArchive),
            await scene.AssertSameAsServerAsync(scene.RemoteArchive));
        Assert.NotNull((await scene.SlotAsync())!.RestartLsn);
    }

    [Fact]
    public async Task Beyond_the_limit_it_is_an_error_also_where_the_local_repository_is_enough()
    {
        await using var scene = await StreamScene.StartAsync();
        var log = new EventLog<StreamWal>();
        scene.Logger = log;
        scene.Options = scene.Options with { LagWarnBytes = 1 << 19, LagLimitBytes = 3 << 20 };
        await scene.TickAsync();
        await scene.WriteSegmentsAsync(2);
        await scene.TickAsync();
        Assert.Empty(log.Errors);
        await scene.WriteSegmentsAsync(5);

        Assert.Empty((await scene.TickAsync()).Faults);

        Assert.Contains("HW511", log.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_repository_that_takes_nothing_is_said_with_how_much_WAL_the_server_keeps_for_it()
    {
        await using var scene = await StreamScene.StartAsync();
        var log = new EventLog<StreamWal>();
        scene.Logger = log;
        scene.Options = scene.Options with { LagWarnBytes = 1 << 19 };
        await scene.TickAsync();
        scene.LocalStorage.Fault = (method, _) => method == "PutAsync"
            ? new TransientException(ErrorCodes.StorageFull, "The local disk is full.", "make room there")
            : null;
        await scene.WriteSegmentsAsync(2);

        Assert.Equal(
            ErrorCodes.StorageFull, (await Assert.ThrowsAsync<TransientException>(scene.TickAsync)).Code);

        Assert.Contains("HW511", log.Errors, StringComparison.Ordinal);
        Assert.Contains("The local disk is full.", log.Errors, StringComparison.Ordinal);
        scene.LocalStorage.Fault = (_, _) => null;
        await scene.TickAsync();
        await scene.AssertSameAsServerAsync(scene.LocalArchive);
    }

    [Fact]
    public async Task A_slot_that_the_server_has_given_up_is_said_made_anew_and_the_gap_is_named()
    {
        await using var scene = await StreamScene.StartAsync(
            ("max_slot_wal_keep_size", "'2MB'"), ("wal_keep_size", "'0'"), ("min_wal_size", "'2MB'"),
            ("max_wal_size", "'2MB'"));
        var log = new EventLog<StreamWal>();
        scene.Logger = log;
        await scene.TickAsync();
        await scene.WriteSegmentsAsync(1);
        await scene.TickAsync();
        await StreamScene.UntilAsync(scene.Server, "the slot is lost", async () =>
        {
            await scene.WriteSegmentsAsync(4);
            await scene.Server.ExecuteAsync("CHECKPOINT", Token);
            return (await scene.SlotAsync())!.IsLost;
        });

        var streamed = await scene.TickAsync();

        Assert.Equal(
            [ErrorCodes.SlotLost.Code, ErrorCodes.WalGone.Code], streamed.Faults.Select(fault => fault.Code));
        Assert.Contains("max_slot_wal_keep_size", log.Errors, StringComparison.Ordinal);
        Assert.Contains("highwater backup", streamed.Faults[1].Remedy, StringComparison.Ordinal);
        Assert.False((await scene.SlotAsync())!.IsLost);
        Assert.Empty((await scene.TickAsync()).Faults);
        await scene.WriteSegmentsAsync(1);
        Assert.Empty((await scene.TickAsync()).Faults);
        Assert.Single((await Engine.WalArchiving.WalContinuity.ReadAsync(scene.LocalArchive, Token)).Gaps);
    }

    [Fact]
    public async Task A_slot_of_another_kind_is_refused()
    {
        await using var scene = await StreamScene.StartAsync(("wal_level", "logical"));
        await scene.Server.ExecuteAsync(
            $"SELECT pg_create_logical_replication_slot('{scene.Options.Slot}', 'test_decoding')", Token);

        var refused = await Assert.ThrowsAsync<HighwaterException>(scene.TickAsync);

        Assert.Equal(ErrorCodes.SlotUnusable, refused.Code);
        Assert.Contains("logical", refused.WhatHappened, StringComparison.Ordinal);
    }

    private static void TakeRemoteAway(StreamScene scene) => scene.RemoteStorage.Fault = (_, _) =>
        new TransientException(ErrorCodes.StorageUnreachable, "The remote host is away.", "wait for it");
}
