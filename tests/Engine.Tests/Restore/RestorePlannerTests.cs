using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.Engine.Storage;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Tests.Restore;

public sealed class RestorePlannerTests
{
    private static readonly WalSegmentSize Size = new(1 << 20);
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Base backups at some of 40 segments, some segments missing, and a time or LSN as target.</summary>
    private static readonly Gen<(int[] Backups, int[] Missing, int Minute)> Repositories = Gen.Select(
        Gen.Int[0, 35].Array[0, 4], Gen.Int[0, 39].Array[0, 2], Gen.Int[-5, 45]);

    [Fact]
    public void A_plan_for_a_time_starts_from_the_newest_base_backup_before_it_and_has_all_its_WAL() =>
        Repositories.Sample(given =>
        {
            var facts = Facts(given.Backups, given.Missing);
            var target = Start.AddMinutes(given.Minute).AddSeconds(30);
            if (Plan(facts, RecoveryTarget.At(target)) is not { } plan)
                return;
            Assert.True(plan.Backup.FinishedAt <= target);
            Assert.True(facts.Ends[plan.LastSegment].LastTransactionAt > target);
            Assert.DoesNotContain(
                facts.Backups,
                other => other.FinishedAt <= target && other.Id.CompareTo(plan.Backup.Id) > 0
                && !facts.Faults.ContainsKey(other.Id)
                && facts.Ends[facts.Wal.ReachFrom(other).LastSegment!.Value].LastTransactionAt > target);
            Assert.All(
                WalSegmentName.Range(plan.FirstSegment, plan.LastSegment, Size), s => Assert.True(facts.Wal.Has(s)));
        });

    [Fact]
    public void A_plan_for_an_LSN_starts_from_a_base_backup_that_stops_before_it() =>
        Repositories.Sample(given =>
        {
            var facts = Facts(given.Backups, given.Missing);
            var target = new Lsn((ulong)((Math.Max(0, given.Minute) * Size.Bytes) + 500));
            if (Plan(facts, RecoveryTarget.At(target)) is not { } plan)
                return;
            Assert.True(plan.Backup.StopLsn <= target);
            Assert.True(target < plan.LastSegment.End(Size));
        });

    [Fact]
    public void A_refused_time_comes_with_a_time_that_is_not_refused() =>
        Repositories.Sample(given =>
        {
            var facts = Facts(given.Backups, given.Missing);
            var target = RecoveryTarget.At(Start.AddMinutes(given.Minute));
            try
            {
                RestorePlanner.Plan(facts, new RestoreRequest(target));
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.RecoveryTargetUnreachable)
            {
                Assert.NotNull(Plan(facts, TargetIn(e.Remedy)));
            }
            catch (HighwaterException e) when (e.Code == ErrorCodes.NothingToRestore)
            {
                Assert.DoesNotContain(facts.Backups, backup => !facts.Faults.ContainsKey(backup.Id));
            }
        });

    [Fact]
    public void Latest_is_refused_over_a_gap() =>
        Assert.Throws<HighwaterException>(() =>
            RestorePlanner.Plan(Facts([2], [10]), new RestoreRequest(RecoveryTarget.Latest)));

    [Fact]
    public void Latest_starts_behind_the_gap_if_a_base_backup_is_there() =>
        Assert.Equal(
            "000000010000000000000014", Plan(Facts([2, 20], [10]), RecoveryTarget.Latest)!.FirstSegment.ToString());

    [Fact]
    public void Latest_falls_back_to_an_older_base_backup_while_the_newest_lacks_its_WAL() =>
        Assert.Equal(
            "000000010000000000000002",
            Plan(Facts([2, 39], [39]), RecoveryTarget.Latest)!.FirstSegment.ToString());

    [Fact]
    public void A_base_backup_that_lacks_a_pack_is_passed_over_and_named_where_there_is_no_other()
    {
        var facts = Facts([2, 20], []);
        var newest = facts.Backups[1].Id;
        facts = facts with { Faults = new Dictionary<BackupId, string> { [newest] = "packs/ab/x.tar is missing" } };

        Assert.Equal(facts.Backups[0].Id, Plan(facts, RecoveryTarget.Latest)!.Backup.Id);
        var refusal = Refusal(facts with { Backups = [facts.Backups[1]] }, RecoveryTarget.Latest);
        Assert.Equal(ErrorCodes.NothingToRestore, refusal.Code);
        Assert.Contains($"{newest} is not whole: packs/ab/x.tar is missing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_without_base_backups_has_nothing_to_restore() =>
        Assert.Equal(ErrorCodes.NothingToRestore, Refusal(Facts([], []), RecoveryTarget.Latest).Code);

    [Fact]
    public void A_newest_timeline_without_history_is_refused_instead_of_ending_before_it()
    {
        var facts = Facts([2], []);
        var files = Files([], 1).Concat(Files([], 2).Skip(20));

        var error = Refusal(facts with { Wal = new WalContinuity(Size, files, NoHistories) }, RecoveryTarget.Latest);

        Assert.Equal(ErrorCodes.RecoveryTargetUnreachable, error.Code);
        Assert.Contains("00000002.history", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_promotion_is_followed_to_its_timeline()
    {
        var histories = new Dictionary<uint, TimelineHistory>
        {
            [2] = TimelineHistory.Parse(2, "1\t0/1480000\tpromoted\n"),
        };
        var files = Files([], 1).Take(20).Concat(Files([], 2).Skip(20));

        var plan = Plan(
            Facts([2], []) with { Wal = new WalContinuity(Size, files, histories) }, RecoveryTarget.Latest)!;

        Assert.Equal(2u, plan.Timeline);
        Assert.Equal("000000020000000000000027", plan.LastSegment.ToString());
        Assert.Contains("recovery_target_timeline = '2'", RecoverySettings.Lines(plan, "x"));
    }

    [Fact]
    public void Where_nothing_of_a_new_timeline_arrived_its_history_is_kept_to_all_the_same()
    {
        var histories = new Dictionary<uint, TimelineHistory>
        {
            [2] = TimelineHistory.Parse(2, "1\t0/1480000\tpromoted\n"),
        };
        var plan = Plan(
            Facts([2], []) with { Wal = new WalContinuity(Size, Files([], 1).Take(10), histories) },
            RecoveryTarget.Latest)!;

        Assert.Equal((1u, 2u), (plan.Timeline, plan.WantedTimeline));
    }

    private static Dictionary<uint, TimelineHistory> NoHistories => [];

    private static RestorePlan? Plan(RestoreFacts facts, RecoveryTarget target)
    {
        try
        {
            return RestorePlanner.Plan(facts, new RestoreRequest(target));
        }
        catch (HighwaterException)
        {
            return null;
        }
    }

    private static HighwaterException Refusal(RestoreFacts facts, RecoveryTarget target) =>
        Assert.Throws<HighwaterException>(() => RestorePlanner.Plan(facts, new RestoreRequest(target)));

    private static RecoveryTarget TargetIn(string remedy)
    {
        var from = remedy.IndexOf("--target-time '", StringComparison.Ordinal) + "--target-time '".Length;
        Assert.True(from > 20, remedy);
        return RecoveryTargetReader.Read(
            new RecoveryTargetOptions(Time: remedy[from..remedy.IndexOf('\'', from)]));
    }

    /// <summary>Segment n is written from minute n on, and the last transaction in it ends in that minute's last
    /// second.</summary>
    private static RestoreFacts Facts(int[] backups, int[] missing)
    {
        var ends = Enumerable.Range(0, 40).ToDictionary(
            n => WalSegmentName.FromNumber(1, (ulong)n, Size),
            n => new WalEnd(
                new Lsn((ulong)((n + 1) * Size.Bytes) - 100), Start.AddMinutes(n).AddSeconds(59)));
        BackupRecord[] records = [.. backups.Distinct().Order().Select(Backup)];
        var wal = new WalContinuity(Size, Files(missing, 1), NoHistories);
        var faults = records.Where(record => wal.Missing(record).Count > 0)
            .ToDictionary(record => record.Id, record => $"{wal.Missing(record)[0]} is missing");
        return new RestoreFacts("local", "/b", Size, records, faults, wal, ends, null);
    }

    private static IEnumerable<WalArchiveEntry> Files(int[] missing, uint timeline) =>
        from n in Enumerable.Range(0, 40)
        where !missing.Contains(n)
        select new WalArchiveEntry(WalFileName.Of(WalSegmentName.FromNumber(timeline, (ulong)n, Size)), 1, Start);

    private static BackupRecord Backup(int number)
    {
        var segment = WalSegmentName.FromNumber(1, (ulong)number, Size);
        var empty = new ObjectReference(Sha256Hash.Of([]), 0);
        var startedAt = Start.AddMinutes(number);
        return new BackupRecord(
            1, BackupId.New(startedAt, []), new SystemIdentifier(1), 150_018, 1,
            new Lsn(segment.Start(Size).Value + 40), new Lsn(segment.Start(Size).Value + 256), segment, segment,
            startedAt, startedAt.AddSeconds(10), 128 << 10, empty, empty, new BackupSizes(1, 1, 1, 1, 1), [], []);
    }
}
