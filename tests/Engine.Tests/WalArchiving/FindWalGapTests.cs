using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Tests.Repository;
using Highwater.Engine.WalArchiving;
using Highwater.TestKit.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Highwater.Engine.Tests.WalArchiving;

public sealed class FindWalGapTests : IAsyncLifetime
{
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMinutes(2);

    private readonly TempDirectory _spool = new("spool");
    private RepositoryScene _local = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _local = await RepositoryScene.CreateAsync();
        await _local.AddBackupAsync(1, 2, 1);
        await _local.AddWalAsync(2, 6);
    }

    public ValueTask DisposeAsync()
    {
        _local.Dispose();
        _spool.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Lost_WAL_is_found_once_what_came_after_it_has_been_there_for_a_while_and_until_a_base_backup_is()
    {
        Assert.Null(await FindAsync());
        _local.Remove(RepositoryScene.WalKey(5));
        Assert.Equal(RepositoryScene.Segment(5).ToString(), (await FindAsync())!.What);

        // As long as it may be on its way it is no gap yet.
        var fresh = new FakeTimeProvider(File.GetLastWriteTimeUtc(_local.PathOf(RepositoryScene.WalKey(6))));
        fresh.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await FindAsync(fresh));

        // A base backup whose own WAL has not come ends no gap.
        await _local.AddBackupAsync(2, 6, 1);
        Assert.NotNull(await FindAsync());
        await _local.AddWalAsync(7, 7);
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task What_a_power_cut_left_empty_is_lost()
    {
        _local.Truncate(RepositoryScene.WalKey(5), 0);
        Assert.Equal(RepositoryScene.Segment(5).ToString(), (await FindAsync())!.What);
        await _local.AddHistoryAsync(2, $"1\t{RepositoryScene.Segment(7).Start(RepositoryScene.SegmentSize)}\tit\n");
        await _local.AddWalAsync(7, 7, timeline: 2);
        _local.Truncate(RepositoryLayout.WalFile(WalFileName.HistoryOf(2)), 0);
        Assert.Equal("00000002.history", (await FindAsync())!.What);
    }

    [Fact]
    public async Task What_still_is_in_the_spool_is_not_lost()
    {
        _local.Remove(RepositoryScene.WalKey(5));
        await File.WriteAllBytesAsync(_spool.Combine(RepositoryScene.Segment(5).ToString()), [1], Token);
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task Where_WAL_is_streamed_there_is_no_spool_to_look_in()
    {
        _local.Remove(RepositoryScene.WalKey(5));
        var options = new WalOptions(_spool.Combine("never-made"), Source: WalSource.Stream);
        Assert.NotNull(await new FindWalGap(options, _local.Clock).RunAsync(_local.Repository, OnItsWay, Token));
        await Assert.ThrowsAsync<HighwaterException>(() => new FindWalGap(
            options with { Source = WalSource.Both }, _local.Clock).RunAsync(_local.Repository, OnItsWay, Token));
    }

    [Fact]
    public async Task WAL_before_the_first_base_backup_is_nobodys_loss()
    {
        using var empty = await RepositoryScene.CreateAsync();
        await empty.AddWalAsync(2, 2);
        await empty.AddWalAsync(4, 4);
        Assert.Null(await new FindWalGap(new WalOptions(_spool.Path), empty.Clock).RunAsync(
            empty.Repository, OnItsWay, Token));
    }

    [Fact]
    public async Task A_missing_history_file_is_found()
    {
        await _local.AddWalAsync(6, 7, timeline: 2);
        Assert.Equal("00000002.history", (await FindAsync())!.What);
        var fork = RepositoryScene.Segment(6).Start(RepositoryScene.SegmentSize);
        await _local.AddHistoryAsync(2, $"1\t{fork}\tpromoted\n");
        Assert.Null(await FindAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_base_backup_since_is_enough_even_where_it_cannot_end_the_gap(bool hasHistory)
    {
        // A restored copy archived what it should not; production stays on its timeline.
        if (hasHistory)
        {
            _local.Remove(RepositoryScene.WalKey(5));
            var fork = RepositoryScene.Segment(7).Start(RepositoryScene.SegmentSize);
            await _local.AddHistoryAsync(2, $"1\t{fork}\tpromoted\n");
        }

        await _local.AddWalAsync(7, 7, timeline: 2);
        Assert.NotNull(await FindAsync());

        // One from before does not help, and neither does one that failed.
        await _local.AddBackupAsync(2, 2, 1);
        Assert.NotNull(await FindAsync());
        var since = DaysUntil(_local.Clock.GetUtcNow());
        await _local.AddBackupAsync(since, 8, 1);
        Assert.NotNull(await FindAsync());

        await _local.AddWalAsync(8, 9);
        Assert.Null(await FindAsync());
        var backups = (await new BackupCatalog(_local.Repository).ListAsync(Token)).Backups;
        var wal = await WalContinuity.ReadAsync(new WalArchive(_local.Repository), Token);
        Assert.Contains(WalGapPlanner.Find(wal, backups, backups), gap => gap.IsOpen);
    }

    private static int DaysUntil(DateTimeOffset moment) => (int)(moment - RepositoryScene.Day(0).StartedAt).TotalDays;

    private Task<WalGap?> FindAsync(TimeProvider? clock = null) =>
        new FindWalGap(new WalOptions(_spool.Path), clock ?? _local.Clock).RunAsync(
            _local.Repository, OnItsWay, Token);
}
