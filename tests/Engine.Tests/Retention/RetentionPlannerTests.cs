using CsCheck;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Retention;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.Repository;

namespace Highwater.Engine.Tests.Retention;

public sealed class RetentionPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly WalSegmentSize Size = WalSegmentSize.Default;

    private static readonly Gen<StorageEntry> GenPack =
        Gen.Select(Gen.Int[0, 11], GenAge()).Select((seed, age) => Entry(RepositoryLayout.Pack(Pack(seed)), age));

    private static readonly Gen<StorageEntry> GenWal =
        Gen.Select(Gen.UInt[1, 3], Gen.ULong[0, 60], Gen.Int[0, 3], GenAge())
        .Select((timeline, number, kind, age) => Entry(WalKey(timeline, number, kind), age));

    private static readonly Gen<RetentionInput> GenInput = Gen.Select(
        Gen.Select(Gen.UInt[1, 3], Gen.ULong[0, 60], Gen.Int[0, 11].Array[0, 4], Gen.Bool).Array[0, 8],
        GenPack.Array[0, 12],
        GenWal.Array[0, 40],
        Gen.Select(Gen.Int[0, 12], GenAge()).Array[0, 4],
        Gen.Int[0, 99].Array[8]).Select(MakeInput);

    [Fact]
    public void Nothing_a_kept_base_backup_needs_is_ever_deleted() =>
        Gen.Select(GenInput, Gen.Int[1, 5]).Sample((input, keep) =>
        {
            var plan = RetentionPlanner.Plan(input, keep);
            var gone = Gone(plan).ToHashSet();
            foreach (var backup in Staying(input, plan))
            {
                Assert.DoesNotContain(backup.Packs, pack => gone.Contains(RepositoryLayout.Pack(pack.Sha256)));
                Assert.DoesNotContain(gone, key => RepositoryLayout.BackupOf(key) == backup.Id);

                // Recovery may follow any timeline from the first segment on.
                Assert.DoesNotContain(gone, key => RepositoryLayout.WalFileOf(key) is { } file
                    && file.Segment.Number(Size) >= backup.FirstSegment.Number(Size));
            }

            Assert.DoesNotContain(gone, key => key.EndsWith(".history", StringComparison.Ordinal));
        });

    [Fact]
    public void What_nobody_can_understand_never_goes_nor_anything_it_might_need() =>
        Gen.Select(GenInput, Gen.Int[1, 5], Gen.Int[0, 7]).Sample((input, keep, which) =>
        {
            if (which >= input.Backups.Count)
                return;
            var unreadable = input.Backups[which].Record;
            var plan = RetentionPlanner.Plan(
                input with { Backups = [.. input.Backups.Where((_, i) => i != which)], Unreadable = [unreadable.Id] },
                keep);

            Assert.Empty(plan.Packs);
            Assert.DoesNotContain(Gone(plan), key => RepositoryLayout.BackupOf(key) == unreadable.Id);
            if (plan.KeptBackups.Count > 0 && unreadable.Id.CompareTo(plan.KeptBackups[0]) < 0)
                Assert.Empty(plan.Wal);
        });

    [Fact]
    public void Exactly_the_newest_restorable_base_backups_stay_and_everything_newer() =>
        Gen.Select(GenInput, Gen.Int[1, 5]).Sample((input, keep) =>
        {
            var plan = RetentionPlanner.Plan(input, keep);
            var restorable = input.Backups.Where(b => b.Restorable).Select(b => b.Record.Id).Order().ToList();
            var kept = restorable.Where(plan.KeptBackups.Contains).ToList();
            Assert.Equal(restorable.TakeLast(keep), kept);
            Assert.All(plan.Backups, id => Assert.True(id.CompareTo(kept[0]) < 0));
            Assert.All(plan.KeptBackups, id => Assert.True(kept.Count == 0 || id.CompareTo(kept[0]) >= 0));
            Assert.Equal(input.Backups.Count, plan.Backups.Count + plan.KeptBackups.Count);
        });

    [Fact]
    public void A_pruned_repository_has_nothing_left_to_prune() =>
        Gen.Select(GenInput, Gen.Int[1, 5]).Sample((input, keep) =>
        {
            var plan = RetentionPlanner.Plan(input, keep);
            Assert.True(RetentionPlanner.Plan(Apply(input, Gone(plan).ToHashSet(), plan.Backups), keep).IsEmpty);
        });

    [Fact]
    public void Interrupted_anywhere_the_next_plan_leads_to_the_same_end() =>
        Gen.Select(GenInput, Gen.Int[1, 5], Gen.Int[0, 60]).Sample((input, keep, steps) =>
        {
            var plan = RetentionPlanner.Plan(input, keep);
            var end = Apply(input, Gone(plan).ToHashSet(), plan.Backups);
            var done = Gone(plan).Take(steps).ToHashSet();
            var committed = plan.Backups.Where(id => done.Contains(RepositoryLayout.BackupCommit(id))).ToList();
            var halfway = Apply(input, done, committed);
            var rest = RetentionPlanner.Plan(halfway, keep);
            var ended = Apply(halfway, Gone(rest).ToHashSet(), rest.Backups);
            Assert.Equal(Keys(end), Keys(ended));
        });

    [Fact]
    public void What_nobody_names_goes_after_the_grace_period_and_not_before() => GenInput.Sample(input =>
    {
        var plan = RetentionPlanner.Plan(input, 2);
        var named = Staying(input, plan)
            .SelectMany(b => b.Packs).Select(p => RepositoryLayout.Pack(p.Sha256)).ToHashSet();
        Assert.Equal(
            input.Packs.Where(p => !named.Contains(p.Key) && Now - p.ModifiedAt > RetentionPlanner.GracePeriod)
                .Select(p => p.Key).Order(StringComparer.Ordinal),
            plan.Packs.Select(p => p.Key));
        Assert.All(input.Temporary, t => Assert.Equal(
            Now - t.ModifiedAt > RetentionPlanner.GracePeriod, plan.Temporary.Any(item => item.Key == t.Key)));
    });

    [Fact]
    public void Wal_before_the_oldest_kept_base_backup_goes_whatever_its_timeline()
    {
        var backup = new RetentionBackup(Record(1, 1, 10, []), true);
        StorageEntry[] wal =
        [
            Entry(WalKey(1, 9, 0), 9), Entry(WalKey(1, 10, 0), 9), Entry(WalKey(2, 9, 0), 9),
            Entry(WalKey(2, 11, 0), 9),
            Entry(WalKey(1, 9, 1), 9), Entry(WalKey(1, 9, 2), 9), Entry(WalKey(2, 0, 3), 9),
        ];
        var plan = RetentionPlanner.Plan(new RetentionInput([backup], [], [], wal, [], [], Size, Now), 1);
        Assert.Equal(
            new[] { wal[0], wal[2], wal[4], wal[5] }.Select(w => w.Key).Order(StringComparer.Ordinal),
            plan.Wal.Select(item => item.Key));
    }

    [Fact]
    public void Pieces_of_segments_that_nobody_needs_go_and_those_at_the_end_stay()
    {
        var backup = new RetentionBackup(Record(1, 1, 10, []), true);
        StorageEntry[] wal = [.. new ulong[] { 9, 10, 11 }.Select(number => Entry(
            RepositoryLayout.WalPiece(new WalPieceName(WalSegmentName.FromNumber(1, number, Size), 0, 8)), 99))];

        var plan = RetentionPlanner.Plan(new RetentionInput([backup], [], [], wal, [], [], Size, Now), 1);

        Assert.Equal([wal[0].Key], plan.Wal.Select(item => item.Key));
    }

    [Fact]
    public void Where_nothing_is_restorable_every_base_backup_and_all_wal_stay()
    {
        var backups = Enumerable.Range(1, 4).Select(day => new RetentionBackup(Record(day, 1, (ulong)day, []), false));
        var plan = RetentionPlanner.Plan(
            new RetentionInput([.. backups], [], [], [Entry(WalKey(1, 0, 0), 100)], [], [], Size, Now), 1);
        Assert.True(plan.IsEmpty);
        Assert.Equal(4, plan.KeptBackups.Count);
    }

    private static Gen<int> GenAge() => Gen.Int[0, 60];

    private static RetentionInput MakeInput(
        (uint Timeline, ulong Segment, int[] Packs, bool Restorable)[] backups,
        StorageEntry[] packs,
        StorageEntry[] wal,
        (int Name, int Age)[] temporary,
        int[] ages)
    {
        var made = backups.Select((b, day) =>
            new RetentionBackup(Record(day, b.Timeline, b.Segment, b.Packs), b.Restorable)).ToList();
        var objects = made.SelectMany((b, i) => ObjectsOf(b.Record.Id, ages[i]))
            .Concat(ObjectsOf(RepositoryScene.Day(20), ages[0]).Skip(1))
            .Concat(ObjectsOf(RepositoryScene.Day(-1), ages[1]).Skip(1));
        return new RetentionInput(
            made,
            [],
            [.. objects],
            [.. wal.DistinctBy(w => w.Key)],
            [.. packs.DistinctBy(p => p.Key)],
            [.. temporary.DistinctBy(t => t.Name).Select(t => Entry($"tmp/{t.Name}", t.Age))],
            Size,
            Now);
    }

    private static IEnumerable<StorageEntry> ObjectsOf(BackupId id, int age) =>
        new[] { RepositoryLayout.BackupCommit(id), RepositoryLayout.FileList(id), RepositoryLayout.Manifest(id) }
            .Select(key => Entry(key, age));

    private static BackupRecord Record(int day, uint timeline, ulong segment, int[] packs)
    {
        var id = RepositoryScene.Day(day);
        var first = WalSegmentName.FromNumber(timeline, segment, Size);
        var nothing = new ObjectReference(default, 1);
        return new BackupRecord(
            1, id, RepositoryScene.Cluster, 150_000, timeline, first.Start(Size), first.End(Size), first, first,
            id.StartedAt, id.StartedAt, 1 << 17, nothing, nothing, new BackupSizes(0, 0, 0, 0, 0),
            [.. packs.Distinct().Select(seed => new ObjectReference(Pack(seed), 10))], []);
    }

    private static Sha256Hash Pack(int seed) => Sha256Hash.Of([(byte)seed]);

    private static string WalKey(uint timeline, ulong number, int kind)
    {
        var segment = WalSegmentName.FromNumber(timeline, number, Size);
        var name = kind switch
        {
            0 => $"{segment}",
            1 => $"{segment}.partial",
            2 => $"{segment}.00000028.backup",
            _ => $"{timeline:X8}.history",
        };
        Assert.True(WalFileName.TryParse(name, out var file));
        return RepositoryLayout.WalFile(file);
    }

    private static StorageEntry Entry(string key, int ageHours) => new(key, 100, Now.AddHours(-ageHours));

    private static IEnumerable<BackupRecord> Staying(RetentionInput input, RetentionPlan plan) =>
        input.Backups.Select(b => b.Record).Where(record => plan.KeptBackups.Contains(record.Id));

    // In the order of deletion.
    private static IEnumerable<string> Gone(RetentionPlan plan) => plan.Backups
        .SelectMany(id => ObjectsOf(id, 0).Select(entry => entry.Key))
        .Concat(plan.Orphans.Concat(plan.Wal).Concat(plan.Packs).Concat(plan.Temporary).Select(item => item.Key));

    private static RetentionInput Apply(
        RetentionInput input, HashSet<string> gone, IReadOnlyList<BackupId> backups) => new(
        [.. input.Backups.Where(b => !backups.Contains(b.Record.Id))],
        input.Unreadable,
        Without(input.BackupObjects, gone),
        Without(input.Wal, gone),
        Without(input.Packs, gone),
        Without(input.Temporary, gone),
        input.SegmentSize,
        input.Now);

    private static StorageEntry[] Without(IEnumerable<StorageEntry> entries, HashSet<string> gone) =>
        [.. entries.Where(entry => !gone.Contains(entry.Key))];

    private static IEnumerable<string> Keys(RetentionInput input) => input.BackupObjects.Concat(input.Wal)
        .Concat(input.Packs).Concat(input.Temporary).Select(entry => entry.Key).Order(StringComparer.Ordinal);
}
