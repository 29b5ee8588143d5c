using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Storage;
using static Highwater.Engine.Tests.Restore.RestoreScene;

namespace Highwater.Engine.Tests.Restore;

public sealed class PlanRestoreTests(RestoreScene scene) : IClassFixture<RestoreScene>
{
    [Fact]
    public async Task An_unknown_base_backup_is_refused_with_those_there_are()
    {
        var error = await RefusalAsync(new RestoreRequest(RecoveryTarget.Latest, BackupId.Parse("20200101T000000Z")));

        Assert.Equal(ErrorCodes.BackupUnknown, error.Code);
        Assert.Contains(scene.First.Id.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_before_the_first_base_backup_is_refused_with_the_earliest_possible()
    {
        var error = await RefusalAsync(new RestoreRequest(RecoveryTarget.At(scene.First.FinishedAt.AddHours(-1))));

        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
        await PlanNamedTargetAsync(error);
    }

    [Fact]
    public async Task A_time_beyond_the_WAL_is_refused_with_the_newest_possible()
    {
        var error = await RefusalAsync(new RestoreRequest(RecoveryTarget.At(scene.Second.FinishedAt.AddDays(1))));

        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
        await PlanNamedTargetAsync(error);
    }

    [Fact]
    public async Task An_LSN_beyond_the_last_record_is_refused_though_its_segment_is_there()
    {
        var plan = await PlanAsync(new RestoreRequest(RecoveryTarget.Latest), scene.Local);
        var end = plan.LastSegment.End(scene.Local.Description.WalSegmentSize);

        var error = await RefusalAsync(new RestoreRequest(RecoveryTarget.At(new Lsn(end.Value - 8))));

        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
    }

    [Theory]
    [InlineData("no such point", null)]
    [InlineData(null, 4_000_000_000u)]
    public async Task What_is_not_in_the_WAL_is_refused(string? point, uint? xid)
    {
        var target = point is null ? RecoveryTarget.AtTransaction(xid!.Value) : RecoveryTarget.AtRestorePoint(point);

        var error = await RefusalAsync(new RestoreRequest(target));

        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
    }

    [Fact]
    public async Task The_second_repository_is_planned_with_where_the_first_cannot()
    {
        var empty = await CopyWithoutBackupsAsync();

        var plan = await PlanAsync(new RestoreRequest(RecoveryTarget.Latest), empty, scene.Local);

        Assert.Equal("local", plan.Repository);
    }

    [Fact]
    public async Task A_base_backup_whose_commit_or_pack_is_lost_is_passed_over_and_refused_by_name()
    {
        var torn = await scene.CopyAsync("torn");
        await torn.Storage.ReplaceAsync(RepositoryLayout.BackupCommit(scene.Second.Id), "{"u8.ToArray(), Token);
        var request = new RestoreRequest(RecoveryTarget.Latest);
        Assert.Equal(scene.First.Id, (await PlanAsync(request, torn)).Backup.Id);
        Assert.Equal(
            ErrorCodes.RepositoryDamaged,
            (await RefusalAsync(request with { Backup = scene.Second.Id }, torn)).Code);

        var packless = await scene.CopyAsync("packless");
        var pack = scene.Second.Packs.First(pack => !scene.First.Packs.Contains(pack));
        await packless.Storage.DeleteAsync(RepositoryLayout.Pack(pack.Sha256), Token);
        Assert.Equal(scene.First.Id, (await PlanAsync(request, packless)).Backup.Id);
    }

    [Fact]
    public async Task A_gap_in_the_WAL_is_refused_for_the_latest_and_names_a_target_that_is_possible()
    {
        var gappy = await scene.CopyAsync("gappy");
        var size = gappy.Description.WalSegmentSize;
        var plan = await PlanAsync(new RestoreRequest(RecoveryTarget.Latest), scene.Local);
        var missing = WalSegmentName.Range(scene.First.LastSegment.Next(size), scene.Second.FirstSegment, size).First();
        Assert.True(missing.CompareTo(scene.Second.FirstSegment) <= 0 && missing.CompareTo(plan.LastSegment) < 0);
        await gappy.Storage.DeleteAsync(RepositoryLayout.WalFile(WalFileName.Of(missing)), Token);

        var error = await RefusalAsync(new RestoreRequest(RecoveryTarget.Latest, scene.First.Id), gappy);

        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
        Assert.Contains(missing.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Targets_are_judged_by_what_was_recorded_with_the_segments_and_no_WAL_is_read()
    {
        var bare = await CopyWithSegmentsAsync("bare", (frame, _) => frame);

        await PlanAsync(new RestoreRequest(RecoveryTarget.Latest), bare);
        var beyond = new RestoreRequest(RecoveryTarget.At(scene.Second.FinishedAt.AddDays(1)));
        var refusal = await RefusalAsync(beyond, bare);
        Assert.Equal((await RefusalAsync(beyond)).Remedy, refusal.Remedy);
        Assert.Equal(
            ErrorCodes.RecoveryTargetUnreachable,
            (await RefusalAsync(new RestoreRequest(RecoveryTarget.AtTransaction(4_000_000_000)), bare)).Code);
        Assert.Equal(
            ErrorCodes.RecoveryTargetUnreachable,
            (await RefusalAsync(new RestoreRequest(RecoveryTarget.AtRestorePoint("no such point")), bare)).Code);
    }

    [Fact]
    public async Task Segments_from_before_anything_was_recorded_are_read_and_lead_to_the_same_plans()
    {
        var old = await CopyWithSegmentsAsync("old", (frame, rest) =>
        {
            var header = WalSegmentFrame.ReadAsync(new MemoryStream(frame), "it", Token).GetAwaiter().GetResult();
            return [.. WalSegmentFrame.Write(header with { Contents = null }), .. rest];
        });

        RecoveryTarget[] targets =
        [
            RecoveryTarget.Latest, RecoveryTarget.At(scene.BetweenAAndB), RecoveryTarget.At(scene.AfterC),
            RecoveryTarget.AtTransaction(scene.XidOfB), RecoveryTarget.AtRestorePoint("after b"),
        ];
        foreach (var target in targets)
        {
            var request = new RestoreRequest(target);
            Assert.Equal(What(await PlanAsync(request, scene.Local)), What(await PlanAsync(request, old)));
        }

        var beyond = new RestoreRequest(RecoveryTarget.At(scene.Second.FinishedAt.AddDays(1)));
        Assert.Equal((await RefusalAsync(beyond)).Remedy, (await RefusalAsync(beyond, old)).Remedy);

        static object What(RestorePlan plan) => (plan.Backup.Id, plan.Timeline, plan.LastSegment, plan.LastCommitAt);
    }

    /// <summary>A copy in which each stored segment is made of its first frame and the rest anew.</summary>
    private async Task<BackupRepository> CopyWithSegmentsAsync(string name, Func<byte[], byte[], byte[]> rewrite)
    {
        var copy = await scene.CopyAsync(name);
        foreach (var file in (await new WalArchive(copy).ListAsync(Token)).Where(file => file.Name.IsCompressed))
        {
            var key = RepositoryLayout.WalFile(file.Name);
            var stored = await copy.Storage.ReadSmallAsync(key, Token);
            var frame = 8 + BitConverter.ToInt32(stored, 4);
            await copy.Storage.ReplaceAsync(key, rewrite(stored[..frame], stored[frame..]), Token);
        }

        return copy;
    }

    [Fact]
    public async Task Whole_WAL_of_an_old_primary_beyond_the_fork_is_planned_for_its_own_timeline_only()
    {
        var copy = await scene.CopyAsync("forked");
        var archive = new WalArchive(copy);
        var forked = WalFileName.Of(WalSegmentName.Containing(1, scene.AfterC, copy.Description.WalSegmentSize));
        var contents = (await archive.ReadHeaderAsync(forked, Token)).Contents!;
        var fork = contents.RestorePoints!.Single(point => point.Name == "after b").Lsn;
        var history = System.Text.Encoding.UTF8.GetBytes($"1\t{fork}\tlost\n");
        await archive.PutAsync(WalFileName.HistoryOf(2), new MemoryStream(history), Token);

        var beyond = RecoveryTarget.At(contents.LastRecord!.Value);
        var error = await RefusalAsync(Of(beyond), copy);
        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
        Assert.Equal(1u, (await PlanAsync(Of(beyond with { Timeline = RecoveryTargetTimeline.Of(1) }), copy)).Timeline);
        var onNew = await PlanAsync(Of(RecoveryTarget.Latest), copy);
        Assert.Equal((2u, forked.Segment), (onNew.Timeline, onNew.LastSegment));
        var onOld = await PlanAsync(Of(RecoveryTarget.Latest with { Timeline = RecoveryTargetTimeline.Of(1) }), copy);
        Assert.True(onNew.LastCommitAt < onOld.LastCommitAt, $"{onNew} is not before {onOld}");

        RestoreRequest Of(RecoveryTarget target) => new(target, scene.First.Id);
    }

    private Task<HighwaterException> RefusalAsync(RestoreRequest request, BackupRepository? repository = null) =>
        Assert.ThrowsAsync<HighwaterException>(() => PlanAsync(request, repository ?? scene.Local));

    /// <summary>What the refusal says is possible must be.</summary>
    private async Task PlanNamedTargetAsync(HighwaterException error)
    {
        var from = error.Remedy.LastIndexOf("--target-time '", StringComparison.Ordinal) + "--target-time '".Length;
        var target = RecoveryTargetReader.Read(
            new RecoveryTargetOptions(Time: error.Remedy[from..error.Remedy.IndexOf('\'', from)]));
        var plan = await PlanAsync(new RestoreRequest(target), scene.Local);
        Assert.True(plan.Backup.FinishedAt <= target.Time);
    }

    private async Task<BackupRepository> CopyWithoutBackupsAsync()
    {
        var copy = await scene.CopyAsync("empty");
        await new BackupCatalog(copy).DeleteAsync(scene.First.Id, Token);
        await new BackupCatalog(copy).DeleteAsync(scene.Second.Id, Token);
        return copy;
    }
}
