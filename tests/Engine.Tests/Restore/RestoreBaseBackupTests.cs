using System.Diagnostics;
using Highwater.Engine.Errors;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using static Highwater.Engine.Tests.Restore.RestoreScene;

namespace Highwater.Engine.Tests.Restore;

public sealed class RestoreBaseBackupTests(RestoreScene scene) : IClassFixture<RestoreScene>
{
    private static readonly RestoreRequest Latest = new(RecoveryTarget.Latest);

    [Fact]
    public async Task A_restored_server_dumps_the_same_and_its_files_pass_pg_verifybackup_before()
    {
        var directory = scene.NewPath("data");
        var plan = await PlanAsync(Latest, scene.Local);

        var outcome = await RestoreAsync(plan, directory, scene.Local);

        Assert.Equal(scene.Second.Id, plan.Backup.Id);
        Assert.Equal(plan.Files, outcome.Files);
        Assert.Equal(plan.DatabaseBytes, outcome.Bytes);
        var verified = await Tool.TryRunAsync(
            new ProcessStartInfo(PostgresBinaries.PathOf("pg_verifybackup"), ["-n", directory]), Token);
        Assert.True(verified.ExitCode == 0, verified.Error);
        await using var restored = await scene.StartAsync(directory);
        Assert.Equal(scene.Dump, await restored.PgDumpAsync(Token));
    }

    [Fact]
    public async Task A_time_between_two_transactions_has_the_first_and_not_the_second() =>
        Assert.Equal("a", await scene.StepsAsync(RecoveryTarget.At(scene.BetweenAAndB)));

    [Fact]
    public async Task A_transaction_is_the_last_that_is_there() =>
        Assert.Equal("ab", await scene.StepsAsync(RecoveryTarget.AtTransaction(scene.XidOfB)));

    [Fact]
    public async Task A_restore_point_has_what_was_before_it() =>
        Assert.Equal("ab", await scene.StepsAsync(RecoveryTarget.AtRestorePoint("after b")));

    [Fact]
    public async Task An_LSN_has_what_was_before_it() =>
        Assert.Equal("abc", await scene.StepsAsync(RecoveryTarget.At(scene.AfterC) with
        {
            Action = RecoveryTargetAction.Promote,
        }));

    [Fact]
    public async Task Immediate_stops_at_the_end_of_the_newest_base_backup() =>
        Assert.Equal("abc", await scene.StepsAsync(RecoveryTarget.Immediate));

    [Fact]
    public async Task A_directory_that_is_not_empty_is_refused_and_left_alone()
    {
        var directory = scene.NewPath("data");
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "precious"), "mine", Token);

        var error = await Assert.ThrowsAsync<HighwaterException>(async () =>
            await RestoreAsync(await PlanAsync(Latest, scene.Local), directory, scene.Local));

        Assert.Equal(ErrorCodes.RestoreTargetNotEmpty, error.Code);
        Assert.Equal(["precious"], Directory.GetFileSystemEntries(directory).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_restore_that_broke_off_leaves_no_control_file_and_is_refused_a_second_time()
    {
        var broken = await scene.CopyAsync("broken");
        var directory = scene.NewPath("data");
        var plan = await PlanAsync(Latest, broken);
        var pack = plan.Backup.Packs[^1].Sha256;
        File.Delete(Path.Combine(broken.Storage.Address, RepositoryLayout.Pack(pack)));
        await Assert.ThrowsAsync<HighwaterException>(() => RestoreAsync(plan, directory, broken));
        Assert.False(File.Exists(Path.Combine(directory, "global/pg_control")));

        var error = await Assert.ThrowsAsync<HighwaterException>(() => RestoreAsync(plan, directory, broken));

        Assert.Equal(ErrorCodes.RestoreTargetNotEmpty, error.Code);
        Assert.Contains("did not finish", error.WhatHappened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packs_with_flipped_bits_are_replaced_from_the_other_repository()
    {
        var damaged = await scene.CopyAsync("damaged");
        foreach (var pack in scene.Second.Packs)
            FlipByteInTheMiddle(Path.Combine(damaged.Storage.Address, RepositoryLayout.Pack(pack.Sha256)));
        var plan = await PlanAsync(Latest, damaged);
        var (alone, together, whole) = (scene.NewPath("alone"), scene.NewPath("together"), scene.NewPath("whole"));

        var error = await Assert.ThrowsAsync<HighwaterException>(() => RestoreAsync(plan, alone, damaged));
        var outcome = await RestoreAsync(plan, together, damaged, scene.Local);

        Assert.Equal(ErrorCodes.RepositoryDamaged, error.Code);
        Assert.True(outcome.ReplacedChunks > 0);
        await RestoreAsync(await PlanAsync(Latest, scene.Local), whole, scene.Local);
        Shell.Run("diff", "-r", "--exclude=postgresql.auto.conf", together, whole);
    }

    [Fact]
    public async Task Modes_and_times_are_those_of_the_backup()
    {
        var directory = scene.NewPath("data");
        await RestoreAsync(await PlanAsync(Latest, scene.Local), directory, scene.Local);

        Assert.Equal("700", Shell.Run("stat", "-c", "%a", directory).Trim());
        await foreach (var entry in FileListReader.ReadAsync(scene.Local, scene.Second, Token))
        {
            var path = Path.Combine(directory, entry.Path);
            Assert.Equal(RestoredFile.ModeOf(entry), File.GetUnixFileMode(path));
            if (entry.Type == FileType.File && entry.Path != "postgresql.auto.conf")
                Assert.Equal(entry.ModifiedAt.UtcDateTime, File.GetLastWriteTimeUtc(path));
        }
    }

    private static void FlipByteInTheMiddle(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }
}
