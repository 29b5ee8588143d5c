using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Sftp;
using Highwater.Engine.WalArchiving;
using Highwater.Engine.WalArchiving.Streaming;
using Highwater.TestKit.Ssh;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.WalArchiving.Streaming;

public sealed class StreamResumeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ended_between_any_two_steps_of_the_storage_it_goes_on_without_loss_or_duplicates()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.WriteSegmentsAsync(1);
        await scene.TickAsync();
        await scene.WriteSegmentsAsync(3);
        var flushed = await scene.FlushedAsync();

        // Each run is ended at one step later than the one before, before or after the step.
        for (var (step, done) = (1, false); !done; step++)
        {
            var calls = 0;
            Exception? End(string method, string key) => Interlocked.Increment(ref calls) == step
                ? new OperationCanceledException($"killed at {method} {key}")
                : null;
            scene.LocalStorage.Fault = step % 2 == 0 ? End : (_, _) => null;
            scene.LocalStorage.LostAnswer = step % 2 == 1 ? End : (_, _) => null;
            try
            {
                await scene.Streamer().RunAsync(scene.Local, [], StreamLimit.ServerPosition, Token);
                done = calls < step;
            }
            catch (OperationCanceledException)
            {
                done = false;
            }
        }

        (scene.LocalStorage.Fault, scene.LocalStorage.LostAnswer) = ((_, _) => null, (_, _) => null);
        var last = await scene.TickAsync();
        Assert.True(last.Durable >= flushed);
        Assert.Empty(last.Faults);
        Assert.True((await scene.AssertSameAsServerAsync(scene.LocalArchive)).Count >= 4);
        Assert.Empty((await WalContinuity.ReadAsync(scene.LocalArchive, Token)).Gaps);
        var chain = await scene.AssertPiecesAsync(scene.Local, 1, flushed);
        Assert.Equal(
            chain.Pieces.Order(Comparer<WalPieceName>.Create((x, y) => x.From.CompareTo(y.From))),
            (await new WalPieces(scene.Local).ListBesideAsync(chain.Segment, Token)).Select(piece => piece.Name)
                .OrderBy(piece => piece.From));
    }

    [Fact]
    public async Task A_line_that_is_cut_is_a_passing_trouble_and_the_next_run_goes_on_where_it_was()
    {
        await using var scene = await StreamScene.StartAsync();
        var first = await scene.TickAsync();
        await scene.WriteSegmentsAsync(4);
        var flushed = await scene.FlushedAsync();
        await using var line = new CutConnectionProxy(scene.Server.Port);
        var login = scene.Server.Connection with { Port = line.Port };
        line.CutAfter(2_500_000);

        var cut = await Assert.ThrowsAsync<TransientException>(() =>
            Through(scene, login).RunAsync(scene.Local, [], StreamLimit.ServerPosition, Token));

        Assert.Equal(ErrorCodes.PostgresUnreachable, cut.Code);
        var streamed = await WhenSlotIsFreeAsync(
            () => Through(scene, login).RunAsync(scene.Local, [], StreamLimit.ServerPosition, Token));
        Assert.True(streamed.Durable >= flushed);
        Assert.True(streamed.From >= first.Durable, "It began again from the start.");
        await scene.AssertSameAsServerAsync(scene.LocalArchive);
        Assert.Empty((await WalContinuity.ReadAsync(scene.LocalArchive, Token)).Gaps);
    }

    [Fact]
    public async Task A_line_that_falls_silent_is_given_up_and_what_came_before_is_kept()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.TickAsync();
        await using var line = new CutConnectionProxy(scene.Server.Port);
        var login = scene.Server.Connection with { Port = line.Port };
        scene.Options = scene.Options with { SilenceDeadline = TimeSpan.FromSeconds(15) };
        var session = Through(scene, login).RunAsync(
            scene.Local, [], StreamLimit.For(TimeSpan.FromMinutes(5)), Token);
        await scene.WriteAsync(100_000);
        var flushed = await scene.FlushedAsync();
        await StreamScene.UntilAsync(
            scene.Server, "it is kept", async () => (await scene.SlotAsync())!.RestartLsn >= flushed);

        line.GoSilent();

        Assert.Equal(
            ErrorCodes.PostgresUnreachable, (await Assert.ThrowsAsync<TransientException>(() => session)).Code);
        var chain = await scene.AssertPiecesAsync(scene.Local, 1, flushed);
        Assert.True(chain.Segment.Start(StreamScene.Size).Value + (ulong)chain.Length >= flushed.Value);
    }

    [Fact]
    public async Task An_idle_server_is_followed_for_as_long_as_asked_and_every_commit_is_kept_within_the_session()
    {
        await using var scene = await StreamScene.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var session = scene.Streamer().RunAsync(
            scene.Local, [scene.RemoteSource], StreamLimit.For(TimeSpan.FromMinutes(5)), stop.Token);
        await scene.UntilStreamingAsync();
        await scene.WriteAsync(1_000);
        var flushed = await scene.FlushedAsync();

        await StreamScene.UntilAsync(
            scene.Server, "it is acknowledged", async () => (await scene.SlotAsync())!.RestartLsn >= flushed);
        await scene.AssertPiecesAsync(scene.Local, 1, flushed);

        Assert.False(session.IsCompleted, "It did not go on for as long as asked.");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
    }

    [Fact]
    public async Task A_run_beside_a_session_waits_for_what_that_brings()
    {
        await using var scene = await StreamScene.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var session = scene.Streamer().RunAsync(
            scene.Local, [], StreamLimit.For(TimeSpan.FromMinutes(5)), stop.Token);
        await scene.UntilStreamingAsync();

        await scene.WriteSegmentsAsync(1);
        var flushed = await scene.FlushedAsync();
        var catchUp = new CatchUpWal(scene.Server.Connection, scene.Options, scene.Streamer(), TimeProvider.System);
        Assert.Null(await catchUp.RunAsync(scene.Local, [], TimeSpan.FromSeconds(60), Token));
        var chain = await scene.AssertPiecesAsync(scene.Local, 1, flushed);
        Assert.True(chain.Segment.Start(StreamScene.Size).Value + (ulong)chain.Length >= flushed.Value);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
    }

    [Fact]
    public async Task A_session_waits_for_its_turn_where_a_WAL_sync_streams_and_says_so_only_at_its_end()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.TickAsync();
        var holder = await WalConnection.OpenAsync(scene.Server.Connection, scene.Options, Token);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var messages = holder.Start((await scene.SlotAsync())!.RestartLsn!.Value, 1, leave.Token);
        var first = holder.NextAsync(messages);
        await scene.UntilStreamingAsync();

        var busy = await Assert.ThrowsAsync<TransientException>(() => scene.Streamer().RunAsync(
            scene.Local, [], StreamLimit.For(TimeSpan.FromMilliseconds(500)), Token));
        Assert.Equal(ErrorCodes.SlotUnusable, busy.Code);
        var clock = new WaitCounter();
        var session = scene.Streamer(clock: clock).RunAsync(
            scene.Local, [], StreamLimit.For(TimeSpan.FromMinutes(5)), end.Token);
        await StreamScene.UntilAsync(
            scene.Server, "it waits or fails", () => Task.FromResult(clock.Waits > 2 || session.IsCompleted));
        Assert.False(session.IsCompleted, "It gave up.");
        await leave.CancelAsync();
        await Record.ExceptionAsync(() => first); // It was told to stop.
        await messages.DisposeAsync();
        await holder.DisposeAsync();
        await scene.WriteAsync(1_000);
        var flushed = await scene.FlushedAsync();
        await StreamScene.UntilAsync(
            scene.Server, "it is acknowledged", async () => (await scene.SlotAsync())!.RestartLsn >= flushed);

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session);
    }

    [Fact]
    public async Task A_session_that_brings_nothing_is_waited_for_until_a_deadline_that_names_what_is_awaited()
    {
        await using var scene = await StreamScene.StartAsync();
        await scene.TickAsync();
        var other = new WalStreamOptions(
            scene.Options.Slot, WalAcknowledgement.Local, 1 << 30, 0, SlotLagAction.Keep);
        await using var holder = await WalConnection.OpenAsync(scene.Server.Connection, other, Token);
        await using var messages = holder.Start((await scene.SlotAsync())!.RestartLsn!.Value, 1, Token);
        var first = holder.NextAsync(messages);
        await scene.UntilStreamingAsync();
        await scene.WriteSegmentsAsync(1);
        Assert.True(await first);

        // Only one streams.
        var busy = await Assert.ThrowsAsync<TransientException>(scene.TickAsync);
        Assert.Equal(ErrorCodes.SlotUnusable, busy.Code);
        var catchUp = new CatchUpWal(scene.Server.Connection, scene.Options, scene.Streamer(), TimeProvider.System);
        var awaited = await Assert.ThrowsAsync<TransientException>(
            () => catchUp.RunAsync(scene.Local, [], TimeSpan.FromSeconds(1), Token));

        Assert.Equal(ErrorCodes.WalAwaited, awaited.Code);
        Assert.Contains("still lacks WAL before", awaited.WhatHappened, StringComparison.Ordinal);
        Assert.Contains("server process", awaited.WhatHappened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_SSH_the_unfinished_segment_is_there_as_well()
    {
        await using var scene = await StreamScene.StartAsync();
        await using var sshd = await SshServer.StartAsync(cancellationToken: Token);
        await using var storage = new SftpStorage(new SftpOptions(
            SshServer.Host, SshServer.User, Path.Combine(sshd.Files, "remote"), sshd.Ed25519Key, sshd.KnownHosts)
        {
            Port = sshd.Port,
        });
        var remote = await BackupRepository.OpenOrCreateAsync(
            "remote", storage, new ClusterIdentity(scene.Local.Description.SystemIdentifier, 15, StreamScene.Size),
            TimeProvider.System, Token);
        await scene.WriteSegmentsAsync(2);
        var flushed = await scene.FlushedAsync();

        await scene.Streamer().RunAsync(
            scene.Local, [new RepositorySource("remote", storage.Address, _ => Task.FromResult(remote))],
            StreamLimit.ServerPosition, Token);

        Assert.NotEmpty(await scene.AssertSameAsServerAsync(new WalArchive(remote)));
        var chain = await scene.AssertPiecesAsync(remote, 1, flushed);
        Assert.True(chain.Segment.Start(StreamScene.Size).Value + (ulong)chain.Length >= flushed.Value);
    }

    private sealed class WaitCounter : TimeProvider
    {
        private int _waits;

        public int Waits => Volatile.Read(ref _waits);

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _waits);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private static StreamWal Through(StreamScene scene, PostgresOptions login) => new(
        login,
        new WalOptions(scene.SpoolPath, Source: WalSource.Stream),
        scene.Options,
        new ReplicateWal(TimeProvider.System, NullLogger<ReplicateWal>.Instance),
        TimeProvider.System,
        NullLogger<StreamWal>.Instance);

    /// <summary>The server notices a cut line a moment later.</summary>
    private static async Task<WalStreamed> WhenSlotIsFreeAsync(Func<Task<WalStreamed>> run)
    {
        while (true)
        {
            try
            {
                return await run();
            }
            catch (TransientException e) when (e.Code == ErrorCodes.SlotUnusable)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), Token);
            }
        }
    }
}
