using System.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.WalSync;

namespace Highwater.EndToEnd.Tests;

/// <summary>
/// The program killed by SIGKILL wherever work is done but not on record, with a real server and a real remote host.
/// </summary>
public sealed class CrashTests(CrashFixture fixture) : IClassFixture<CrashFixture>
{
    private const int Killed = 137;

    /// <summary>What is written apart from what stays: leases, the recovery kit, probes.</summary>
    private const long SlackBytes = 1 << 20;

    /// <summary>A process that is too quick for the test is given new work and watched again, so often.</summary>
    private const int Tries = 30;

    private const int Leftovers = 400;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    private string[] Repositories => [Installation.LocalRepository, Installation.RemoteRepository];

    [Fact]
    public async Task A_base_backup_whose_process_dies_with_the_result_of_each_step_is_still_one_backup()
    {
        // Each process repeats the step before, whose result was lost, does one more, and dies as well.
        string[] steps =
        [
            BaseBackupActivities.CheckServer, BaseBackupActivities.TakeBaseBackup,
            BaseBackupActivities.AwaitWal, BaseBackupActivities.VerifyBackup, BaseBackupActivities.Prune,
            BaseBackupActivities.ReplicateBackup,
            BaseBackupActivities.AwaitWal, BaseBackupActivities.VerifyBackup, BaseBackupActivities.Prune,
            BaseBackupReports.RecordOutcome,
        ];
        var before = await BackupsAsync();
        var logged = new FileInfo(Installation.Ssh.TransferLog).Length;
        var there = RepositoryFiles.Below(Installation.RemoteRepository);
        await Installation.AddNoiseAsync("each_step", 8, Token);

        foreach (var step in steps)
            await CrashAsync("backup", $"ActivityResult/{step}/1:before");
        var last = (await Installation.RunAsync(Token, "backup")).ExpectDone();

        Assert.Contains("BaseBackup is running already", last.Error, StringComparison.Ordinal);
        Assert.Equal(before.Count + 1, (await BackupsAsync()).Count);
        var needed = RepositoryFiles.Bytes(
            Installation.RemoteRepository, RepositoryFiles.Below(Installation.RemoteRepository).Except(there));
        Assert.InRange(TransferLog.WrittenSince(Installation.Ssh, logged), 8 << 20, needed + SlackBytes);
        await AssertGoodAsync();
    }

    [Fact]
    public async Task A_WAL_sync_whose_process_dies_with_the_result_of_each_step_loses_and_repeats_nothing()
    {
        await ArchiveAsync(3);
        var spooled = Spooled();
        var logged = new FileInfo(Installation.Ssh.TransferLog).Length;
        var there = RepositoryFiles.Below(Installation.RemoteRepository);

        await CrashAsync("wal-sync", $"ActivityResult/{WalSyncActivities.ArchiveSpooledWal}/1:before");
        await CrashAsync("wal-sync", $"ActivityResult/{WalSyncActivities.ReplicateWal}/1:before");
        var last = (await Installation.RunAsync(Token, "wal-sync")).ExpectDone();

        Assert.Contains("WalSync is running already", last.Error, StringComparison.Ordinal);
        Assert.All(Repositories, repository => Assert.Empty(spooled.Except(Segments(repository))));
        var needed = RepositoryFiles.Bytes(
            Installation.RemoteRepository, RepositoryFiles.Below(Installation.RemoteRepository).Except(there));
        Assert.InRange(TransferLog.WrittenSince(Installation.Ssh, logged), 1, needed + SlackBytes);
    }

    [Fact]
    public async Task Killed_inside_verify_replicate_and_prune_a_backup_goes_on_at_once_and_leaves_no_lease()
    {
        var left = new List<LeasedStep>
        {
            new("verify", Installation.LocalRepository), new("prune", Installation.LocalRepository),
            new("replicate", Installation.RemoteRepository), new("verify", Installation.RemoteRepository),
            new("prune", Installation.RemoteRepository),
        };
        for (var tries = 0; left.Count > 0; tries++)
        {
            Assert.True(tries < Tries, $"never caught inside {string.Join(", ", left)}");
            if (tries % 5 == 0)
                await GiveWorkAsync($"inside_{tries}");
            left.ForEach(step => step.Watch());
            var backup = Installation.Start("backup");
            var step = await UntilAsync(backup, () => left.Find(step => step.IsUnderWay()));
            if (step is null)
            {
                await GiveWorkAsync($"inside_{tries}_again");
                continue;
            }

            backup.Kill();
            await backup.WaitForExitAsync(Token);
            if (step.IsUnderWay())
                left.Remove(step);
        }

        (await Installation.RunAsync(Token, "backup")).ExpectDone();

        // One more, because the step that was killed last may have come after the last prune of its repository.
        (await Installation.RunAsync(Token, "backup")).ExpectDone();
        Assert.All(Repositories, repository => Assert.Empty(RepositoryFiles.Below(repository, "leases")));
        Assert.All(Repositories, repository => Assert.DoesNotContain(
            RepositoryFiles.Below(repository, "tmp"), name => name.Contains("leftover", StringComparison.Ordinal)));
        await AssertGoodAsync();
    }

    [Fact]
    public async Task Killed_while_it_copies_WAL_a_sync_brings_the_rest_and_nothing_twice()
    {
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < Tries, "never caught while it copied");
            await ArchiveAsync(8);
            var there = Segments(Installation.RemoteRepository);
            var sync = Installation.Start("wal-sync");
            var copies = await UntilAsync(
                sync, () => Segments(Installation.RemoteRepository).Length > there.Length ? "copies" : null);
            sync.Kill();
            await sync.WaitForExitAsync(Token);
            if (copies is not null && Missing().Any())
                break;
        }

        var copied = RepositoryFiles.Below(Installation.RemoteRepository, "wal-archive");
        var identities = RepositoryFiles.Identities(Installation.RemoteRepository, copied);
        (await Installation.RunAsync(Token, "wal-sync")).ExpectDone();

        Assert.Empty(Missing());
        Assert.Equal(identities, RepositoryFiles.Identities(Installation.RemoteRepository, copied));

        IEnumerable<string> Missing() =>
            Segments(Installation.LocalRepository).Except(Segments(Installation.RemoteRepository));
    }

    [Fact]
    public async Task A_killed_restore_is_never_taken_for_whole_and_keeps_nobody_from_pruning()
    {
        var directory = Installation.PathOf("restored");
        var marker = Path.Combine(directory, "highwater-restore-incomplete");
        await GiveWorkAsync("to_restore");
        (await Installation.RunAsync(Token, "backup")).ExpectDone();
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < Tries, "never caught while it restored");
            var restore = Installation.Start("restore", "--to", directory, "--repository", "remote");
            await UntilAsync(restore, () => Directory.Exists(Path.Combine(directory, "base")) ? "restores" : null);
            restore.Kill();
            await restore.WaitForExitAsync(Token);
            if (File.Exists(marker))
                break;
            Directory.Delete(directory, recursive: true);
        }

        Assert.False(File.Exists(Path.Combine(directory, "global", "pg_control")), "PostgreSQL would start on it");
        (await Installation.RunAsync(Token, "restore", "--to", directory))
            .ExpectError(ErrorCodes.RestoreTargetNotEmpty, "did not finish");
        (await Installation.RunAsync(Token, "prune")).ExpectDone();

        Directory.Delete(directory, recursive: true);
        (await Installation.RunAsync(Token, "restore", "--to", directory)).ExpectDone();
        Assert.False(File.Exists(marker), "the second restore is not whole either");
    }

    /// <summary>The files of the WAL archive by the names PostgreSQL gave them.</summary>
    private static string[] Segments(string repository) =>
        [.. RepositoryFiles.Below(repository, "wal-archive")
            .Select(name => Path.GetFileName(name).Replace(".zst", "", StringComparison.Ordinal))];

    /// <summary>What comes true first: what is waited for, or the end of the process, which gives null.</summary>
    private static async Task<T?> UntilAsync<T>(Process process, Func<T?> found)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (!process.HasExited)
        {
            if (found() is { } result)
                return result;
            Assert.True(clock.Elapsed < Deadline, $"neither came nor ended within {Deadline}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), Token);
        }

        return null;
    }

    private string[] Spooled() =>
        [.. Directory.GetFiles(Installation.Postgres.SpoolPath).Select(file => Path.GetFileName(file))];

    private async Task ArchiveAsync(int segments)
    {
        for (var i = 0; i < segments; i++)
            await Installation.Postgres.ArchiveCurrentWalAsync(Token);
    }

    private async Task CrashAsync(string verb, string at)
    {
        var crashed = await Installation.RunWithAsync(
            new Dictionary<string, string?> { ["HIGHWATER_CRASH_AT"] = at }, Token, verb);
        Assert.True(
            crashed.ExitCode == Killed, $"not killed at {at}: {crashed.ExitCode}\n{crashed.Output}{crashed.Error}");
    }

    /// <summary>Rows to back up, and old leftovers to prune, so that every step takes a while.</summary>
    private async Task GiveWorkAsync(string table)
    {
        await Installation.AddNoiseAsync(table, 16, Token);
        var longAgo = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-3);
        foreach (var temporary in Repositories.Select(repository => Path.Combine(repository, "tmp")))
        {
            for (var i = 0; i < Leftovers; i++)
            {
                var path = Path.Combine(temporary, $"{table}-leftover-{i}");
                await File.WriteAllTextAsync(path, "", Token);
                File.SetLastWriteTimeUtc(path, longAgo);
            }
        }
    }

    private async Task<IReadOnlyCollection<string>> BackupsAsync()
    {
        var list = await Installation.RunJsonAsync(Token, "list");
        var repositoriesOf = list.EnumerateArray().ToLookup(backup => backup.GetProperty("id").GetString()!);
        Assert.All(repositoriesOf, backup => Assert.Equal(2, backup.Count()));
        return [.. repositoriesOf.Select(backup => backup.Key)];
    }

    /// <summary>Both repositories hold the same, all of it whole.</summary>
    private async Task AssertGoodAsync()
    {
        (await Installation.RunAsync(Token, "wal-sync")).ExpectDone();
        (await Installation.RunAsync(Token, "verify")).ExpectDone();
        RepositoryFiles.AssertSame(Installation.LocalRepository, Installation.RemoteRepository);
        Assert.All(Repositories, RepositoryFiles.AssertPacksWhole);
    }
}
