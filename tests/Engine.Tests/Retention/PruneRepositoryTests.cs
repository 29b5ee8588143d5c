using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Retention;
using Highwater.Engine.Storage;
using Highwater.Engine.Tests.Repository;
using Highwater.Engine.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.Engine.Tests.Retention;

public sealed class PruneRepositoryTests : IAsyncLifetime
{
    private readonly List<BackupRecord> _backups = [];
    private RepositoryScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Three base backups, each sharing a pack with its neighbour, WAL through all of them, and rubbish.
    public async ValueTask InitializeAsync()
    {
        _scene = await RepositoryScene.CreateAsync();
        for (var day = 1; day <= 3; day++)
            _backups.Add(await _scene.AddBackupAsync(day, (ulong)(day * 3), day, day + 1));
        await _scene.AddWalAsync(1, 11);
        await _scene.Local.PutAsync("tmp/left-behind", ObjectContent.FromBytes(new byte[5]), Token);
    }

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_newest_stay_whole_and_the_rest_goes()
    {
        var report = await PruneAsync(2);
        Assert.Equal([_backups[0].Id], report.Plan.Backups);
        Assert.Equal([_backups[1].Id, _backups[2].Id], await Catalog.ListIdsAsync(Token));
        var keys = await _scene.KeysAsync();
        Assert.DoesNotContain(keys, key => RepositoryLayout.BackupOf(key) == _backups[0].Id);
        Assert.DoesNotContain(RepositoryScene.WalKey(5), keys);
        Assert.Contains(RepositoryScene.WalKey(6), keys);
        Assert.DoesNotContain(PackKey(0, 0), keys);
        Assert.Contains(PackKey(0, 1), keys);
        Assert.DoesNotContain("tmp/left-behind", keys);
        Assert.True((await VerifyAsync()).Passed);
        Assert.True((await PruneAsync(2)).Plan.IsEmpty);
    }

    [Fact]
    public async Task A_dry_run_plans_the_same_and_deletes_nothing()
    {
        var before = await _scene.KeysAsync();
        var planned = await PruneAsync(1, dryRun: true);
        Assert.Equal(before, await _scene.KeysAsync());
        var done = await PruneAsync(1);
        Assert.Equivalent(planned.Plan, done.Plan, strict: true);
        Assert.Equal(2, done.Plan.Backups.Count);
    }

    [Fact]
    public async Task Interrupted_at_every_deletion_the_next_run_ends_the_same()
    {
        using var straight = await _scene.CopyAsync("straight");
        await straight.Local.PutAsync("tmp/left-behind", ObjectContent.FromBytes(new byte[5]), Token);
        await Prune(straight).RunAsync(straight.Repository, 1, false, Token);
        var end = await straight.KeysAsync();

        var interruptions = 0;
        for (var allowed = 0; ; allowed++)
        {
            using var broken = await _scene.CopyAsync("broken");
            await broken.Local.PutAsync("tmp/left-behind", ObjectContent.FromBytes(new byte[5]), Token);
            var deletions = 0;
            broken.Storage.Fault = (method, key) => method == nameof(IStorage.DeleteAsync)
                && !key.StartsWith(RepositoryLayout.Leases, StringComparison.Ordinal)
                && Interlocked.Increment(ref deletions) > allowed
                ? new TransientException(ErrorCodes.StorageUnreachable, "It went away.", "wait")
                : null;
            try
            {
                await Prune(broken).RunAsync(broken.Repository, 1, false, Token);
                break;
            }
            catch (TransientException)
            {
                interruptions++;
            }

            broken.Storage.Fault = (_, _) => null;
            await AssertKeptIsWholeAsync(broken);
            await Prune(broken).RunAsync(broken.Repository, 1, false, Token);
            Assert.Equal(end, await broken.KeysAsync());
        }

        // Two base backups of three objects, eight segments, two packs, one temporary file.
        Assert.Equal((2 * 3) + 8 + 2 + 1, interruptions);
    }

    [Fact]
    public async Task Another_ones_live_lease_stops_it_before_the_first_deletion()
    {
        var before = await _scene.KeysAsync();
        await using (await Lease.AcquireAsync(
            _scene.Repository, LeasePurpose.Restore, _scene.Clock, NullLogger.Instance, Token))
        {
            var error = await Assert.ThrowsAsync<TransientException>(() => PruneAsync(1));
            Assert.Equal(ErrorCodes.RepositoryLeased, error.Code);
            Assert.Contains("Restore on " + Environment.MachineName, error.WhatHappened, StringComparison.Ordinal);
            Assert.Empty((await _scene.KeysAsync()).Where(key => key[0] != 'l').Except(before));
            Assert.Equal(before.Count + 1, (await _scene.KeysAsync()).Count);
        }

        Assert.Equal(2, (await PruneAsync(1)).Plan.Backups.Count);
    }

    [Theory]
    [InlineData("a missing segment")]
    [InlineData("an empty segment")]
    [InlineData("a missing pack")]
    [InlineData("an empty file list")]
    public async Task A_base_backup_that_cannot_be_restored_counts_for_nothing(string fault)
    {
        // The newest is broken: to keep one, the second must stay, and the broken one is newer and stays too.
        switch (fault)
        {
            case "a missing segment":
                _scene.Remove(RepositoryScene.WalKey(10));
                break;
            case "an empty segment":
                _scene.Truncate(RepositoryScene.WalKey(10), 0);
                break;
            case "a missing pack":
                _scene.Remove(PackKey(2, 1));
                break;
            default:
                _scene.Truncate(RepositoryLayout.FileList(_backups[2].Id), 0);
                break;
        }

        await PruneAsync(1);
        Assert.Equal([_backups[1].Id, _backups[2].Id], await Catalog.ListIdsAsync(Token));
        Assert.True((await new VerifyRepository(_scene.Clock, NullLogger<VerifyRepository>.Instance).RunAsync(
            _scene.Repository, new VerifyRequest(_backups[1].Id), null, null, Token)).Passed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task All_that_a_base_backup_may_need_whose_commit_cannot_be_understood_stays(int damaged)
    {
        var commit = RepositoryLayout.BackupCommit(_backups[damaged].Id);
        var whole = await File.ReadAllBytesAsync(_scene.PathOf(commit), Token);
        _scene.Truncate(commit, 20);

        var report = await PruneAsync(1);

        Assert.Contains(_backups[damaged].Id.ToString(), report.Plan.Reason, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(_scene.PathOf(commit), whole, Token);
        Assert.Contains(_backups[damaged].Id, await Catalog.ListIdsAsync(Token));
        var verified = await new VerifyRepository(_scene.Clock, NullLogger<VerifyRepository>.Instance).RunAsync(
            _scene.Repository, new VerifyRequest(_backups[damaged].Id), null, null, Token);
        Assert.True(verified.Passed, string.Join('\n', verified.Findings));
    }

    [Fact]
    public async Task Young_packs_without_an_owner_stay()
    {
        _scene.Clock.AdjustTime(TimeProvider.System.GetUtcNow());
        var packs = _backups.SelectMany(backup => backup.Packs).Select(pack => RepositoryLayout.Pack(pack.Sha256));
        Assert.Equal(2, (await PruneAsync(1)).Plan.Backups.Count);
        var keys = await _scene.KeysAsync();
        Assert.All(packs, pack => Assert.Contains(pack, keys));
        Assert.Contains("tmp/left-behind", keys);
    }

    private static PruneRepository Prune(RepositoryScene scene) =>
        new(scene.Clock, NullLogger<PruneRepository>.Instance);

    private BackupCatalog Catalog => new(_scene.Repository);

    private string PackKey(int backup, int pack) => RepositoryLayout.Pack(_backups[backup].Packs[pack].Sha256);

    private Task<PruneReport> PruneAsync(int keep, bool dryRun = false) =>
        Prune(_scene).RunAsync(_scene.Repository, keep, dryRun, Token);

    private async Task AssertKeptIsWholeAsync(RepositoryScene other)
    {
        var keys = await other.KeysAsync();
        Assert.All(_backups[2].Packs, pack => Assert.Contains(RepositoryLayout.Pack(pack.Sha256), keys));
        Assert.Contains(RepositoryLayout.BackupCommit(_backups[2].Id), keys);
        Assert.Contains(RepositoryLayout.FileList(_backups[2].Id), keys);
        Assert.Contains(RepositoryScene.WalKey(9), keys);
        Assert.Contains(RepositoryScene.WalKey(11), keys);
    }

    private Task<VerificationReport> VerifyAsync() => new VerifyRepository(
        _scene.Clock, NullLogger<VerifyRepository>.Instance).RunAsync(
        _scene.Repository, new VerifyRequest(), null, null, Token);
}
