using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Tests.Repository;
using Highwater.Engine.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Verification;

public sealed class VerifyRepositoryTests : IAsyncLifetime
{
    private RepositoryScene _scene = null!;
    private BackupRecord _older = null!;
    private BackupRecord _newer = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The older base backup has the packs 1 and 2, the newer one 2 and 3; WAL goes from the first one's start to 8.
    public async ValueTask InitializeAsync()
    {
        _scene = await RepositoryScene.CreateAsync();
        _older = await _scene.AddBackupAsync(1, 2, 1, 2);
        _newer = await _scene.AddBackupAsync(2, 5, 2, 3);
        await _scene.AddWalAsync(2, 8);
    }

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_whole_repository_passes_after_every_object_was_read()
    {
        var hashed = new List<string>();
        _scene.Storage.Fault = (method, key) =>
        {
            lock (hashed)
                hashed.Add($"{method} {key}");
            return null;
        };
        var report = await VerifyAsync();

        Assert.True(report.Passed);
        Assert.Empty(report.Findings);
        Assert.Equal([_older.Id, _newer.Id], report.Backups.Select(backup => backup.Id));
        Assert.All(report.Backups, backup => Assert.True(backup.Restorable));
        Assert.Equal(3 + 4 + 7 + 2, report.ObjectsChecked);
        var packs = _older.Packs.Concat(_newer.Packs).Select(pack => PackKey(pack)).Distinct().ToList();
        Assert.All(packs, pack => Assert.Single(hashed, call => call == "HashAsync " + pack));
        var bytes = await BytesOfAsync(key => key.Contains('/') && !key.EndsWith(".json", StringComparison.Ordinal));
        Assert.Equal(bytes, report.BytesHashed);
        Assert.DoesNotContain(await _scene.KeysAsync(), key => key.StartsWith(RepositoryLayout.Leases));
    }

    [Fact]
    public async Task A_flipped_bit_in_a_pack_condemns_every_base_backup_that_uses_it_and_no_other()
    {
        _scene.FlipBit(PackKey(_newer.Packs[1]));
        var report = await VerifyAsync();

        Assert.False(report.Passed);
        Assert.Equal(PackKey(_newer.Packs[1]), Assert.Single(report.Findings).Key);
        Assert.Equal([true, false], report.Backups.Select(backup => backup.Restorable));
        Assert.Contains(PackKey(_newer.Packs[1]), report.Backups[1].Reason!, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AllKindsOfDamage))]
    public async Task Damage_is_found_and_repaired_from_a_whole_copy(string kind, string damage)
    {
        using var copy = await _scene.CopyAsync("remote");
        var key = KeyOf(kind);
        var good = await File.ReadAllBytesAsync(_scene.PathOf(key), Token);
        Damage(key, damage);

        var found = await VerifyAsync();
        Assert.False(found.Passed);
        Assert.Equal(key, Assert.Single(found.Findings, finding => finding.Severity == FindingSeverity.Error).Key);
        Assert.Contains(found.Backups, backup => !backup.Restorable);
        Assert.Throws<HighwaterException>(found.EnsurePassed);

        var repaired = await VerifyAsync(repairFrom: copy.Repository);
        Assert.True(repaired.Passed);
        Assert.True(Assert.Single(repaired.Findings).Repaired);
        Assert.Equal(good, await File.ReadAllBytesAsync(_scene.PathOf(key), Token));
        Assert.Empty((await VerifyAsync()).Findings);
    }

    public static TheoryData<string, string> AllKindsOfDamage()
    {
        var data = new TheoryData<string, string>();
        foreach (var kind in (string[])["pack", "file list", "manifest", "segment"])
        {
            foreach (var damage in (string[])["bit flip", "truncated", "empty", "missing"])
                data.Add(kind, damage);
        }

        data.Add("commit", "bit flip at the start");
        data.Add("commit", "empty");
        return data;
    }

    [Fact]
    public async Task A_missing_segment_after_a_base_backup_is_a_gap_that_the_copy_fills()
    {
        using var copy = await _scene.CopyAsync("remote");
        _scene.Remove(RepositoryScene.WalKey(7));
        var found = await VerifyAsync();
        Assert.False(found.Passed);
        Assert.Equal(RepositoryScene.WalKey(7), Assert.Single(found.Findings).Key);
        Assert.All(found.Backups, backup => Assert.True(backup.Restorable));

        Assert.True((await VerifyAsync(repairFrom: copy.Repository)).Passed);
        Assert.Empty((await VerifyAsync()).Findings);
    }

    [Fact]
    public async Task A_damaged_segment_beyond_all_base_backups_is_found()
    {
        _scene.FlipBit(RepositoryScene.WalKey(8));
        var report = await VerifyAsync();
        Assert.False(report.Passed);
        Assert.Equal(RepositoryScene.WalKey(8), Assert.Single(report.Findings).Key);
    }

    [Fact]
    public async Task A_missing_timeline_history_is_found_and_repaired()
    {
        await _scene.AddWalAsync(8, 9, timeline: 2);
        await _scene.AddHistoryAsync(2, "1\t0/880000\tno recovery target specified\n");
        Assert.Empty((await VerifyAsync()).Findings);
        using var copy = await _scene.CopyAsync("remote");
        var key = RepositoryLayout.WalFile(Engine.Postgres.WalFileName.HistoryOf(2));
        _scene.Remove(key);

        Assert.Equal(key, Assert.Single((await VerifyAsync()).Findings).Key);
        Assert.True((await VerifyAsync(repairFrom: copy.Repository)).Passed);
        Assert.Empty((await VerifyAsync()).Findings);
    }

    [Fact]
    public async Task Repair_leaves_a_damaged_object_where_the_copy_is_damaged_too()
    {
        using var copy = await _scene.CopyAsync("remote");
        var key = PackKey(_newer.Packs[1]);
        _scene.FlipBit(key);
        copy.Truncate(key, 700);
        var damaged = await File.ReadAllBytesAsync(_scene.PathOf(key), Token);

        var report = await VerifyAsync(repairFrom: copy.Repository);
        Assert.False(report.Passed);
        Assert.Contains("no help", Assert.Single(report.Findings).Remedy, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(_scene.PathOf(key), Token));
    }

    [Fact]
    public async Task An_empty_repository_does_not_pass()
    {
        using var empty = await RepositoryScene.CreateAsync();
        var report = await Verify(empty).RunAsync(empty.Repository, new VerifyRequest(), null, null, Token);
        Assert.False(report.Passed);
        Assert.Equal(FindingSeverity.Error, Assert.Single(report.Findings).Severity);
    }

    [Theory]
    [InlineData("ListAsync", "packs/")]
    [InlineData("ListAsync", "base-backups/")]
    [InlineData("HashAsync", "packs/")]
    [InlineData("OpenReadAsync", "wal-archive/")]
    public async Task A_storage_that_is_away_is_trouble_and_never_a_pass_nor_damage(string method, string prefix)
    {
        _scene.Storage.Fault = (called, key) => called == method && key.StartsWith(prefix, StringComparison.Ordinal)
            ? new TransientException(ErrorCodes.StorageUnreachable, "It is away.", "wait")
            : null;
        await Assert.ThrowsAsync<TransientException>(() => VerifyAsync());
    }

    [Fact]
    public async Task One_unreadable_commit_does_not_hide_the_other_base_backups()
    {
        _scene.Truncate(RepositoryLayout.BackupCommit(_older.Id), 0);
        _scene.FlipBit(PackKey(_newer.Packs[1]));
        var report = await VerifyAsync();
        Assert.Equal([false, false], report.Backups.Select(backup => backup.Restorable));
        Assert.Equal(2, report.Findings.Count);
    }

    [Fact]
    public async Task Verifying_one_new_base_backup_hashes_its_new_packs_and_looks_the_old_ones_up()
    {
        var request = new VerifyRequest(_newer.Id, VerifyDepth.NewPacks);
        var shared = PackKey(_newer.Packs[0]);
        _scene.FlipBit(shared);
        Assert.True((await VerifyAsync(request)).Passed);

        _scene.Remove(shared);
        Assert.False((await VerifyAsync(request)).Passed);
    }

    [Fact]
    public async Task An_unknown_base_backup_is_refused()
    {
        var error = await Assert.ThrowsAsync<HighwaterException>(
            () => VerifyAsync(new VerifyRequest(RepositoryScene.Day(9))));
        Assert.Equal(ErrorCodes.BackupUnknown, error.Code);
    }

    [Fact]
    public async Task Progress_ends_at_the_total()
    {
        var seen = new List<VerificationProgress>();
        await Verify(_scene).RunAsync(_scene.Repository, new VerifyRequest(), null, new Recorder(seen), Token);
        var last = seen.MaxBy(progress => progress.ObjectsDone)!;
        Assert.Equal(last.ObjectsTotal, last.ObjectsDone);
        Assert.Equal(last.BytesTotal, seen.Max(progress => progress.BytesDone));
        Assert.Equal(last.ObjectsTotal, seen.Count);
    }

    private static VerifyRepository Verify(RepositoryScene scene) =>
        new(scene.Clock, NullLogger<VerifyRepository>.Instance);

    private static string PackKey(ObjectReference pack) => RepositoryLayout.Pack(pack.Sha256);

    private Task<VerificationReport> VerifyAsync(VerifyRequest? request = null, BackupRepository? repairFrom = null) =>
        Verify(_scene).RunAsync(_scene.Repository, request ?? new VerifyRequest(), repairFrom, null, Token);

    private string KeyOf(string kind) => kind switch
    {
        "pack" => PackKey(_older.Packs[0]),
        "file list" => RepositoryLayout.FileList(_older.Id),
        "manifest" => RepositoryLayout.Manifest(_newer.Id),
        "segment" => RepositoryScene.WalKey(3),
        "commit" => RepositoryLayout.BackupCommit(_older.Id),
        _ => throw new ArgumentException(kind),
    };

    private void Damage(string key, string damage)
    {
        var bytes = File.ReadAllBytes(_scene.PathOf(key));
        switch (damage)
        {
            case "bit flip":
                _scene.FlipBit(key);
                break;
            case "bit flip at the start":
                bytes[0] ^= 0x10;
                File.WriteAllBytes(_scene.PathOf(key), bytes);
                break;
            case "truncated":
                _scene.Truncate(key, bytes.Length - 1);
                break;
            case "empty":
                _scene.Truncate(key, 0);
                break;
            default:
                _scene.Remove(key);
                break;
        }
    }

    private async Task<long> BytesOfAsync(Func<string, bool> matches) =>
        (await _scene.KeysAsync()).Where(matches).Sum(key => new FileInfo(_scene.PathOf(key)).Length);

    private sealed class Recorder(List<VerificationProgress> seen) : IProgress<VerificationProgress>
    {
        public void Report(VerificationProgress value)
        {
            lock (seen)
                seen.Add(value);
        }
    }
}
