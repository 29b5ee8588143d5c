using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Tests.Repository;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;

namespace Highwater.Engine.Tests.Diagnostics;

public sealed class ReadStatusTests : IAsyncLifetime
{
    private readonly TempDirectory _spool = new("spool");
    private RepositoryScene _local = null!;
    private RepositoryScene _remote = null!;

    private static StatusPace Daily { get; } =
        new(Recurrence.TryParse("0 2 * * *", TimeZoneInfo.Utc)!, TimeSpan.FromMinutes(1));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _local = await RepositoryScene.CreateAsync();
        await _local.AddBackupAsync(1, 2, 1);
        await _local.AddWalAsync(2, 5);
        _remote = await _local.CopyAsync("remote");

        // A day after the base backup, so that nothing is old.
        _local.Clock.AdjustTime(RepositoryScene.Day(2).StartedAt);
    }

    public ValueTask DisposeAsync()
    {
        _local.Dispose();
        _remote.Dispose();
        _spool.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Two_equal_repositories_are_well_and_both_know_their_recovery_point()
    {
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal(StatusLevel.Ok, report.Level);
        Assert.All(report.Repositories, repository =>
        {
            Assert.Equal(1, repository.RestorableBackups);
            Assert.Equal(RepositoryScene.Segment(5).End(RepositoryScene.SegmentSize), repository.RecoveryPoint!.Lsn);
            Assert.Equal(TimeSpan.FromDays(1), repository.NewestRestorableAge);
        });
        Assert.True(report.Repositories[1].Behind!.IsNone);
        Assert.Null(report.Repositories[0].Behind);
    }

    [Fact]
    public async Task A_remote_that_is_away_is_reported_and_does_not_hide_the_local_one()
    {
        var away = new TransientException(ErrorCodes.StorageUnreachable, "The host does not answer.", "wait");
        _remote.Storage.Fault = (_, _) => away;
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal(StatusLevel.Warn, report.Level);
        Assert.True(report.Repositories[0].Reachable);
        Assert.False(report.Repositories[1].Reachable);
        Assert.Contains(report.Lines, line => line.Subject == "remote" && line.Remedy == "wait");
    }

    [Fact]
    public async Task No_repository_that_can_be_read_is_a_failure()
    {
        _local.Storage.Fault = (_, _) => new TransientException(ErrorCodes.StorageUnreachable, "Away.", "wait");
        _remote.Storage.Fault = _local.Storage.Fault;
        Assert.Equal(StatusLevel.Fail, (await ReadAsync(Source(_local), Source(_remote))).Level);
        Assert.Equal(StatusLevel.Fail, (await ReadAsync()).Level);
    }

    [Fact]
    public async Task A_base_backup_older_than_the_schedule_asks_for_is_a_warning_and_much_older_a_failure()
    {
        _local.Clock.Advance(TimeSpan.FromDays(1));
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal(StatusLevel.Warn, report.Level);
        Assert.Contains("every 1 d", report.Lines[0].Text, StringComparison.Ordinal);
        Assert.Contains("highwater backup", report.Lines[0].Remedy!, StringComparison.Ordinal);

        _local.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(StatusLevel.Fail, (await ReadAsync(Source(_local), Source(_remote))).Level);
    }

    [Fact]
    public async Task A_missing_remote_is_said() => Assert.Contains(
        (await ReadAsync(Source(_local))).Lines,
        line => line.Level == StatusLevel.Warn
            && line.Remedy!.Contains("REMOTE_BACKUP_HOST", StringComparison.Ordinal));

    [Fact]
    public async Task How_far_the_remote_is_behind_is_counted_in_backups_files_and_bytes()
    {
        var added = await _local.AddBackupAsync(2, 6, 1, 2);
        await _local.AddWalAsync(6, 7);
        var report = await ReadAsync(Source(_local), Source(_remote));
        var wal = Enumerable.Range(6, 2)
            .Sum(number => new FileInfo(_local.PathOf(RepositoryScene.WalKey((ulong)number))).Length);

        // The pack it shares with the first base backup is there already.
        var behind = report.Repositories[1].Behind!;
        Assert.Equal((1, 2, added.Packs[1].Length + wal), (behind.BaseBackups, behind.WalFiles, behind.Bytes));

        // As old as the older of the two segments by the storage's clock; the scene's clock is ahead.
        var stored = File.GetLastWriteTimeUtc(_local.PathOf(RepositoryScene.WalKey(6)));
        Assert.Equal(_local.Clock.GetUtcNow() - stored, behind.OldestAge);
        Assert.Equal(StatusLevel.Warn, report.Level);
    }

    [Fact]
    public async Task A_gap_that_stops_recovery_from_the_newest_base_backup_fails_and_is_named()
    {
        _local.Remove(RepositoryScene.WalKey(4));
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal(StatusLevel.Fail, report.Level);
        var gap = Assert.Single(report.Repositories[0].Gaps);
        Assert.Equal((true, RepositoryScene.Segment(4)), (gap.IsOpen, gap.Segments!.Value.First));
        Assert.Equal([RepositoryScene.Day(1)], gap.CutOff);
        Assert.Equal("remote", gap.HeldBy);
        Assert.Contains(report.Lines, line => line.Level == StatusLevel.Fail && line.Subject == "local"
            && line.Text.Contains($"{RepositoryScene.Segment(4)}", StringComparison.Ordinal)
            && line.Text.Contains($"{RepositoryScene.Day(1)}", StringComparison.Ordinal)
            && line.Remedy!.Contains("highwater verify --repair", StringComparison.Ordinal));
        var end = RepositoryScene.Segment(4).Start(RepositoryScene.SegmentSize);
        Assert.Equal(end, report.Repositories[0].RecoveryPoint!.Lsn);
    }

    [Fact]
    public async Task A_base_backup_without_its_wal_is_none()
    {
        _local.Truncate(RepositoryScene.WalKey(3), 0);
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal(StatusLevel.Fail, report.Level);
        Assert.Equal((1, 0), (report.Repositories[0].Backups, report.Repositories[0].RestorableBackups));
    }

    [Fact]
    public async Task A_pack_that_is_missing_is_known_without_reading_and_the_base_backup_does_not_count()
    {
        var backup = await _local.AddBackupAsync(2, 4, 7);
        _local.Remove(RepositoryLayout.Pack(backup.Packs[0].Sha256));
        var local = (await ReadAsync(Source(_local), Source(_remote))).Repositories[0];
        Assert.Equal((2, 1), (local.Backups, local.RestorableBackups));
        Assert.Equal(RepositoryScene.Day(1), local.NewestRestorable);
        Assert.Contains("is missing", Assert.Single(local.Unusable).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_that_cannot_be_understood_is_said_and_hides_no_other_base_backup()
    {
        await _local.AddBackupAsync(2, 4, 7);
        _local.Truncate(RepositoryLayout.BackupCommit(RepositoryScene.Day(2)), 20);
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal((2, 1), (report.Repositories[0].Backups, report.Repositories[0].RestorableBackups));
        Assert.Contains(report.Lines, line => line.Subject == "local" && line.Level == StatusLevel.Warn
            && line.Text.Contains($"{RepositoryScene.Day(2)}", StringComparison.Ordinal)
            && line.Remedy!.Contains("verify --repair", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wal_that_waits_in_the_spool_is_counted_and_fails_when_it_waits_too_long()
    {
        var path = _spool.Combine(RepositoryScene.Segment(6).ToString());
        await File.WriteAllBytesAsync(path, new byte[100], Token);
        await File.WriteAllTextAsync(_spool.Combine("not-wal"), "x", Token);
        File.SetLastWriteTimeUtc(path, _local.Clock.GetUtcNow().AddMinutes(-5).UtcDateTime);
        var report = await ReadAsync(Source(_local), Source(_remote));
        Assert.Equal(new SpoolStatus(_spool.Path, null, 1, 100, TimeSpan.FromMinutes(5)), report.Spool);
        Assert.Equal(StatusLevel.Ok, report.Level);

        File.SetLastWriteTimeUtc(path, _local.Clock.GetUtcNow().AddHours(-2).UtcDateTime);
        Assert.Equal(StatusLevel.Fail, (await ReadAsync(Source(_local), Source(_remote))).Level);
    }

    [Theory]
    [InlineData(Engine.WalArchiving.WalSource.Archive)]
    [InlineData(Engine.WalArchiving.WalSource.Stream)]
    public async Task WAL_that_was_moved_aside_is_warned_of(Engine.WalArchiving.WalSource source)
    {
        Directory.CreateDirectory(_spool.Combine("quarantine"));
        await File.WriteAllBytesAsync(
            _spool.Combine(Path.Combine("quarantine", RepositoryScene.Segment(6).ToString())), new byte[100], Token);
        var report = await new ReadStatus(_local.Clock, source).RunAsync(
            [Source(_local), Source(_remote)], _spool.Path, null, Daily, Token);
        Assert.Contains(report.Lines, line => line.Subject == "spool" && line.Level == StatusLevel.Warn
            && line.Text.Contains("/quarantine", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_spool_that_is_not_there_fails()
    {
        var report = await new ReadStatus(_local.Clock).RunAsync(
            [Source(_local)], _spool.Combine("absent"), null, Daily, Token);
        Assert.NotNull(report.Spool.Fault);
        Assert.Equal(StatusLevel.Fail, report.Level);
    }

    [Fact]
    public async Task A_live_server_is_compared_with_spool_and_repositories()
    {
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 }, Token);
        await server.ArchiveCurrentWalAsync(Token);
        var report = await new ReadStatus(TimeProvider.System).RunAsync(
            [Source(_local)], server.SpoolPath, server.Connection, Daily, Token);
        Assert.NotNull(report.Server!.CurrentLsn);
        Assert.Equal(["spool"], report.Server.LastArchivedAt);

        // The scene's repository is another cluster's.
        Assert.Equal(ErrorCodes.RepositoryForeign.Code, report.Repositories[0].Fault!.Code);
    }

    private static RepositorySource Source(RepositoryScene scene) => new(
        scene.Repository.Name,
        scene.Root,
        token => BackupRepository.OpenAsync(scene.Repository.Name, scene.Storage, token));

    private Task<StatusReport> ReadAsync(params RepositorySource[] sources) =>
        new ReadStatus(_local.Clock).RunAsync(sources, _spool.Path, null, Daily, Token);
}
