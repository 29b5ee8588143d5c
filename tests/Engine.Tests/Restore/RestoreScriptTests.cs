using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Restore;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Storage;
using static Highwater.Engine.Tests.Restore.RestoreScene;

namespace Highwater.Engine.Tests.Restore;

public sealed class RestoreScriptTests(RestoreScene scene) : IClassFixture<RestoreScene>
{
    [Fact]
    public async Task The_script_restores_the_same_bytes_modes_and_times_as_the_program()
    {
        var (byProgram, byScript) = (scene.NewPath("program"), scene.NewPath("script"));
        await RestoreAsync(
            await PlanAsync(new RestoreRequest(RecoveryTarget.Latest), scene.Local), byProgram, scene.Local);

        var result = await RunScriptAsync(scene.LocalPath, "restore", byScript);

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        Shell.Run("diff", "-r", "--no-dereference", "--exclude=postgresql.auto.conf", byProgram, byScript);
        Assert.Equal(Describe(byProgram), Describe(byScript));
    }

    [Fact]
    public async Task A_server_restored_by_the_script_recovers_to_a_time_by_its_wal_get()
    {
        var directory = scene.NewPath("script");
        var time = RecoveryTarget.FormatTime(scene.BetweenAAndB);

        var result = await RunScriptAsync(scene.LocalPath, "restore", directory, "--target-time", time);

        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        await using var restored = await scene.StartAsync(directory);
        Assert.Equal("a", await StepsOfAsync(restored));
    }

    [Fact]
    public async Task The_script_lists_all_base_backups()
    {
        var result = await RunScriptAsync(scene.LocalPath, "list");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(scene.First.Id.ToString(), result.Output, StringComparison.Ordinal);
        Assert.Contains(scene.Second.Id.ToString(), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_script_refuses_what_it_cannot_do_safely()
    {
        var full = scene.NewPath("full");
        Directory.CreateDirectory(Path.Combine(full, "precious"));

        Assert.Equal(3, (await RunScriptAsync(scene.LocalPath, "restore", full)).ExitCode);
        Assert.Equal(
            3, (await RunScriptAsync(scene.LocalPath, "restore", scene.NewPath("x"), "20200101T000000Z")).ExitCode);
        Assert.Equal(3, (await RunScriptAsync(
            scene.LocalPath, "restore", scene.NewPath("x"), "--target-time", "2020-01-01 00:00:00+00")).ExitCode);
        Assert.Equal(2, (await RunScriptAsync(
            scene.LocalPath, "restore", scene.NewPath("x"), "--target-time", "2020-01-01 00:00:00")).ExitCode);
    }

    [Fact]
    public async Task The_script_finds_a_damaged_pack()
    {
        var damaged = await scene.CopyAsync("damaged");
        var pack = Path.Combine(damaged.Storage.Address, RepositoryLayout.Pack(scene.Second.Packs[0].Sha256));
        var bytes = await File.ReadAllBytesAsync(pack, Token);
        bytes[600] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes, Token);
        var directory = scene.NewPath("script");

        var result = await RunScriptAsync(damaged.Storage.Address, "restore", directory);

        Assert.Equal(4, result.ExitCode);
        Assert.Contains(pack, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(directory, "global/pg_control")));
    }

    [Fact]
    public async Task The_script_refuses_a_timeline_whose_history_is_missing()
    {
        var copy = await scene.CopyAsync("promoted");
        Directory.CreateDirectory(Path.Combine(copy.Storage.Address, "wal-archive/0000000200000000"));

        var result = await RunScriptAsync(copy.Storage.Address, "restore", scene.NewPath("script"));

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("00000002.history", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_promoted_server_was_lost_with_its_WAL_recovery_ends_at_the_fork_as_planned()
    {
        var copy = await scene.CopyAsync("forked");
        var archive = new WalArchive(copy);
        var size = copy.Description.WalSegmentSize;
        var target = RecoveryTarget.AtRestorePoint("after b");
        var last = WalSegmentName.Containing(1, scene.AfterC, size);
        var header = await archive.ReadHeaderAsync(WalFileName.Of(last), Token);
        var fork = header.Contents!.RestorePoints!.Single(point => point.Name == target.Name).Lsn;

        // The old primary was streamed beyond the fork, to the commit of c; of the new one only the history came.
        await using (var plain = await archive.OpenReadAsync(WalFileName.Of(last), Token))
        {
            using var bytes = new MemoryStream();
            await plain.CopyToAsync(bytes, Token);
            var piece = new WalPieceName(last, 0, size.Bytes);
            await new WalPieces(copy).PutAsync(piece, () => new MemoryStream(bytes.ToArray()), Token);
        }

        foreach (var file in await archive.ListAsync(Token))
        {
            if (file.Name.Segment.CompareTo(last) >= 0)
                await copy.Storage.DeleteAsync(RepositoryLayout.WalFile(file.Name), Token);
        }

        await archive.PutAsync(
            WalFileName.HistoryOf(2), new MemoryStream(Encoding.UTF8.GetBytes($"1\t{fork}\tlost\n")), Token);

        var onOld = RecoveryTarget.At(header.Contents.LastRecord!.Value);
        await Assert.ThrowsAsync<HighwaterException>(() => PlanAsync(Of(onOld), copy));
        Assert.Equal(
            1u, (await PlanAsync(Of(onOld with { Timeline = RecoveryTargetTimeline.Current }), copy)).Timeline);
        var plan = await PlanAsync(Of(RecoveryTarget.Latest), copy);
        Assert.Equal(2u, plan.Timeline);
        var directory = scene.NewPath("data");
        await RestoreAsync(plan, directory, copy);
        await PostgresAccount.TakeOverAsync(copy.Storage.Address, Token);
        await using var restored = await scene.StartAsync(directory);
        Assert.Equal("ab", await StepsOfAsync(restored));

        RestoreRequest Of(RecoveryTarget target) => new(target, scene.First.Id);
    }

    [Fact]
    public async Task The_scripts_wal_get_says_absent_only_of_a_repository_that_is_there()
    {
        var destination = scene.NewPath("segment");
        var copy = await scene.CopyAsync("copy");
        var path = copy.Storage.Address;
        var segment = scene.First.FirstSegment.ToString();

        Assert.Equal(0, (await RunScriptAsync(path, "wal-get", segment, destination)).ExitCode);
        Assert.Equal(copy.Description.WalSegmentSize.Bytes, new FileInfo(destination).Length);
        File.Delete(destination);
        Assert.Equal(1, (await RunScriptAsync(path, "wal-get", "00000001000000FF00000001", destination)).ExitCode);
        Assert.Equal(1, (await RunScriptAsync(path, "wal-get", "00000002.history", destination)).ExitCode);
        foreach (var (history, status) in new[] { ("", 200), ("1\t0/5000", 200), ("nothing\n", 200), ("1\t0/50\n", 0) })
        {
            await File.WriteAllTextAsync(Path.Combine(path, "wal-archive/00000002.history"), history, Token);
            Assert.Equal(
                status, (await RunScriptAsync(path, "wal-get", "00000002.history", destination)).ExitCode);
        }

        File.Delete(destination);
        var stored = Path.Combine(
            path, RepositoryLayout.WalFile(Engine.Postgres.WalFileName.Of(scene.First.FirstSegment)));
        File.Copy(Path.Combine(path, "repository.json"), stored, overwrite: true);
        Assert.Equal(200, (await RunScriptAsync(path, "wal-get", segment, destination)).ExitCode);
        File.Delete(Path.Combine(path, "repository.json"));
        Assert.Equal(200, (await RunScriptAsync(path, "wal-get", "00000001000000FF00000001", destination)).ExitCode);
        Assert.False(File.Exists(destination));
    }

    /// <summary>Type, mode, path, and of files the time to the second; all but what each restore writes
    /// itself.</summary>
    private static string Describe(string directory) => Shell.Run(
        "sh", "-c",
        "cd \"$1\" && find . ! -name postgresql.auto.conf ! -name backup_manifest ! -name recovery.signal "
        + "\\( -type f -printf '%y %m %Ts %p\\n' -o -printf '%y %m %p %l\\n' \\) | sort",
        "sh", directory);
}
