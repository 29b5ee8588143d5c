using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage.Sftp;
using Highwater.Engine.WalArchiving;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class WalFromServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Segments_of_a_server_arrive_as_they_are_in_its_pg_wal()
    {
        await using var scene = await ServerScene.StartAsync();
        await scene.WriteSegmentsAsync(6);
        var spooled = scene.Spooled();
        Assert.True(spooled.Length >= 6);

        var result = await scene.ArchiveAsync();

        Assert.Equal(spooled.Length, result.Files);
        Assert.Empty(result.Faults);
        Assert.Empty(scene.Spooled());
        foreach (var name in spooled)
        {
            var plain = Path.Combine(scene.Server.DataDirectory, "pg_wal", name);
            var stored = Path.Combine(scene.LocalPath, "wal-archive", name[..16], $"{name}.zst");
            Shell.Run("sh", "-c", $"zstd -dc '{stored}' | cmp - '{plain}'");
        }
    }

    [Fact]
    public async Task Segments_reach_an_ssh_server_as_they_are_in_pg_wal_and_catch_up_after_it_was_away()
    {
        await using var scene = await ServerScene.StartAsync();
        await using var sshd = await SshServer.StartAsync(cancellationToken: Token);
        var folder = Path.Combine(sshd.Files, "remote");
        var options = new SftpOptions(SshServer.Host, SshServer.User, folder, sshd.Ed25519Key, sshd.KnownHosts)
        {
            Port = sshd.Port,
            Retries = 1,
            RetryPause = TimeSpan.FromMilliseconds(10),
        };
        await using var storage = new SftpStorage(options);
        var remote = await scene.OpenAsync("remote", storage);
        await scene.WriteSegmentsAsync(2);
        await scene.ArchiveAsync();
        Assert.True((await ServerScene.Replicator().RunAsync(scene.Local, remote, budget: null, Token)).Files >= 2);

        await sshd.KillAsync();
        await scene.WriteSegmentsAsync(2);
        await scene.ArchiveAsync();
        Assert.Empty(scene.Spooled());
        await Assert.ThrowsAsync<TransientException>(
            () => ServerScene.Replicator().RunAsync(scene.Local, remote, budget: null, Token));
        await sshd.StartAgainAsync(Token);
        var caughtUp = await ServerScene.Replicator().RunAsync(scene.Local, remote, budget: null, Token);

        Assert.True(caughtUp.Files >= 2);
        Assert.Equal(0, caughtUp.Remaining);
        var names = (await scene.LocalArchive.ListAsync(Token)).Select(f => f.Name).ToList();
        Assert.Equal(names, (await new WalArchive(remote).ListAsync(Token)).Select(f => f.Name));
        foreach (var name in names.Where(n => n.Kind == WalFileKind.Segment))
        {
            var plain = Path.Combine(scene.Server.DataDirectory, "pg_wal", name.Name);
            var stored = Path.Combine(folder, RepositoryLayout.WalFile(name));
            Shell.Run("sh", "-c", $"zstd -dc '{stored}' | cmp - '{plain}'");
        }
    }

    [Fact]
    public async Task A_promotion_leaves_history_and_partial_segment_and_recovery_goes_across_it()
    {
        await using var scene = await ServerScene.StartAsync();
        var first = await scene.CurrentSegmentAsync();
        await scene.WriteSegmentsAsync(1);
        await scene.CurrentSegmentAsync();
        await scene.Server.StopAsync(Token);
        await File.WriteAllTextAsync(Path.Combine(scene.Server.DataDirectory, "recovery.signal"), "", Token);
        await scene.Server.StartAsync(Token, "-c", "restore_command=false");
        await scene.Server.WaitForEndOfRecoveryAsync(Token);
        await scene.Server.WaitUntilAsync(
            "the new timeline archives",
            async () =>
            {
                await scene.Server.ArchiveCurrentWalAsync(Token);
                return await scene.Server.QueryAsync<string>("SELECT last_archived_wal FROM pg_stat_archiver", Token)
                    is ['0', '0', '0', '0', '0', '0', '0', '2', _, ..];
            },
            TimeSpan.FromSeconds(60),
            Token);

        Assert.Empty((await scene.ArchiveAsync()).Faults);

        var names = (await scene.LocalArchive.ListAsync(Token)).Select(f => f.Name).ToList();
        Assert.Contains(WalFileName.HistoryOf(2), names);
        Assert.Contains(names, n => n.Kind == WalFileKind.PartialSegment);
        var continuity = await WalContinuity.ReadAsync(scene.LocalArchive, Token);
        var reach = continuity.ReachFrom(TestBackups.Needing(first, first, scene.Size));
        Assert.Equal(2u, reach.Timeline);
        Assert.Equal(names.Where(n => n.Kind == WalFileKind.Segment).Max().Segment, reach.LastSegment);
        Assert.False(reach.LaterExists);
        Assert.Empty(continuity.MissingHistories);
        Assert.Empty(continuity.Gaps);
    }
}
