using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Tests.Repository;
using Highwater.Engine.Verification;
using Highwater.TestKit.WalArchiving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Verification;

/// <summary>Segments that were stored before the one in front of them, so that nobody has looked at what reaches
/// over.</summary>
public sealed class WalChainTests : IAsyncLifetime
{
    private const ulong First = 2;
    private RepositoryScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // It needs the segments 2 and 3.
    public async ValueTask InitializeAsync()
    {
        _scene = await RepositoryScene.CreateAsync();
        await _scene.AddBackupAsync(1, First, 1);
    }

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2.5)]
    public async Task Segments_that_came_in_any_order_and_belong_together_pass(double segmentsOfRecord)
    {
        var wal = Wal(segmentsOfRecord);
        foreach (var number in new ulong[] { 5, 3, 4, 2 })
            await PutAsync(number, wal.Segment(number));
        var report = await VerifyAsync();
        Assert.True(report.Passed);
        Assert.Empty(report.Findings);
    }

    [Theory]
    [InlineData(0.5, 3, 3, 5000)]
    [InlineData(0.5, 3, 3, 500_000)]
    [InlineData(2.5, 3, 5, 5000)]
    [InlineData(2.5, 4, 5, 700_000)]
    public async Task A_flipped_bit_in_a_record_that_reaches_over_is_found_where_that_ends(
        double segmentsOfRecord, ulong damaged, ulong endsIn, int at)
    {
        var wal = Wal(segmentsOfRecord);
        for (ulong number = 5; number >= First; number--)
        {
            var bytes = wal.Segment(number);
            bytes[at] ^= (byte)(number == damaged ? 4 : 0);
            await PutAsync(number, bytes);
        }

        var finding = Assert.Single((await VerifyAsync()).Findings);

        Assert.Equal(RepositoryScene.WalKey(endsIn), finding.Key);
        Assert.Contains(
            $"does not go on from {RepositoryScene.Segment(endsIn - 1)}", finding.Problem, StringComparison.Ordinal);
        Assert.Contains("CRC-32C", finding.Problem, StringComparison.Ordinal);
        Assert.Contains("highwater backup", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_that_are_sound_and_do_not_belong_together_are_found(bool recordReachesOver)
    {
        var wal = Wal(0.5, recordReachesOver ? 0 : 24);
        var other = Wal(0.25, recordReachesOver ? 0 : 24);
        await PutAsync(4, wal.Segment(4));
        await PutAsync(3, wal.Segment(3));
        await PutAsync(2, other.Segment(2));

        var report = await VerifyAsync();

        Assert.Equal(RepositoryScene.WalKey(3), Assert.Single(report.Findings).Key);
        Assert.False(report.Passed);
        Assert.False(Assert.Single(report.Backups).Restorable);
    }

    [Fact]
    public async Task A_base_backup_that_begins_behind_the_break_is_restorable_and_passes_by_itself()
    {
        var later = await _scene.AddBackupAsync(2, 4, 2);
        var wal = Wal(0.5);
        await PutAsync(4, Wal(0.25).Segment(4));
        await PutAsync(5, Wal(0.25).Segment(5));
        await PutAsync(2, wal.Segment(2));
        await PutAsync(3, wal.Segment(3));

        var report = await VerifyAsync();

        Assert.Equal(RepositoryScene.WalKey(4), Assert.Single(report.Findings).Key);
        Assert.False(report.Passed);
        Assert.All(report.Backups, backup => Assert.True(backup.Restorable));
        Assert.True((await VerifyAsync(new VerifyRequest(later.Id))).Passed);
    }

    [Fact]
    public async Task What_the_other_repository_has_right_is_taken_from_there()
    {
        var wal = Wal(0.5);
        using var copy = await _scene.CopyAsync("remote");
        for (ulong number = First; number <= 4; number++)
            await PutAsync(number, wal.Segment(number), copy);
        for (ulong number = 4; number >= First; number--)
        {
            var bytes = wal.Segment(number);
            bytes[9000] ^= (byte)(number == 3 ? 4 : 0);
            await PutAsync(number, bytes);
        }

        Assert.False((await VerifyAsync()).Passed);
        Assert.True((await VerifyAsync(repairFrom: copy.Repository)).Passed);
        Assert.Empty((await VerifyAsync()).Findings);
    }

    /// <summary>Segments 2 to 5; a record of that length begins near the end of the segment 2, or 24 bytes before the
    /// end one that ends there.</summary>
    private static TestWal Wal(double segmentsOfRecord, int filler = 0)
    {
        var wal = new TestWal(
            RepositoryScene.Cluster, RepositoryScene.SegmentSize,
            RepositoryScene.Segment(First).Start(RepositoryScene.SegmentSize));
        var length = (int)(segmentsOfRecord * RepositoryScene.SegmentSize.Bytes);
        if (filler > 0)
            wal.Append(10, 0, 700, new byte[length / 8 * 8]);
        wal.Append(10, 0, 700, new byte[(wal.Room - 24 - (filler > 0 ? 0 : 1000)) / 8 * 8]);
        wal.Append(10, 0, 701, new byte[length]);
        while (wal.Position.Value < RepositoryScene.Segment(6).Start(RepositoryScene.SegmentSize).Value)
            wal.Append(10, 0, 702, new byte[20_000]);
        return wal;
    }

    private async Task PutAsync(ulong number, byte[] bytes, RepositoryScene? scene = null)
    {
        using var plain = new MemoryStream(bytes);
        await new WalArchive((scene ?? _scene).Repository).PutAsync(
            WalFileName.Of(RepositoryScene.Segment(number)), plain, Token);
    }

    private Task<VerificationReport> VerifyAsync(VerifyRequest? request = null, BackupRepository? repairFrom = null) =>
        new VerifyRepository(_scene.Clock, NullLogger<VerifyRepository>.Instance).RunAsync(
            _scene.Repository, request ?? new VerifyRequest(), repairFrom, null, Token);
}
