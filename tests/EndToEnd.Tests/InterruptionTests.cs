using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;
using Highwater.TestKit.Ssh;
using Highwater.TestKit.Storage;

namespace Highwater.EndToEnd.Tests;

public sealed class InterruptionTests
{
    /// <summary>Several packs of 32 MiB, so that there is a middle to be killed in.</summary>
    private const int NoiseMegabytes = 160;

    /// <summary>What a new attempt writes apart from packs it needs: leases, the recovery kit, probes.</summary>
    private const long SlackBytes = 1 << 20;

    /// <summary>All of the database but the noise. A pack stored once more would be larger.</summary>
    private const int OtherBytes = 16 << 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_killed_between_packs_goes_on_as_the_same_and_uploads_no_finished_pack_again()
    {
        await using var installation = await Installation.StartAsync(
            Token, ssh: new SshServerOptions(LogTransfers: true));
        await installation.AddNoiseAsync("noise", NoiseMegabytes, Token);
        var killed = installation.Start("backup");
        var kill = await KillBetweenPacksAsync(installation, killed);
        var finished = FinishedPacks(installation);
        var logged = new FileInfo(installation.Ssh.TransferLog).Length;

        // The database lives on: the catalogs change, and with them where in a pack every later chunk comes to lie.
        await installation.AddNoiseAsync("meanwhile", 1, Token);

        var again = (await installation.RunAsync(Token, "backup")).ExpectDone();

        Assert.Contains("BaseBackup is running already", again.Error, StringComparison.Ordinal);
        Assert.True(await OnlyBackupAsync(installation) < kill, "another backup than the killed one was taken");
        AssertUntouched(installation, finished);
        var remotePacks = RepositoryFiles.Packs(installation.RemoteRepository);
        var written = TransferLog.WrittenSince(installation.Ssh, logged);
        var needed = RepositoryFiles.Bytes(
            installation.RemoteRepository,
            RepositoryFiles.Below(installation.RemoteRepository).Except(finished.Remote));
        Assert.InRange(written, 1, needed + SlackBytes);
        Assert.True(finished.Remote.Length < remotePacks.Length, "it was killed too late to prove anything");
        await AssertRestoresAsync(installation);
    }

    [Fact]
    public async Task A_backup_goes_on_by_itself_when_the_killed_server_process_is_started_again()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.AddNoiseAsync("noise", NoiseMegabytes, Token);
        var port = FreePort.Find();
        var serve = await ServeAsync(installation, port);
        var client = installation.RunAsync(Token, "backup");
        var kill = await KillBetweenPacksAsync(installation, serve);
        var finished = FinishedPacks(installation);
        (await client).ExpectError(ErrorCodes.ServeUnreachable);

        await ServeAsync(installation, port);
        var again = (await installation.RunAsync(Token, "backup")).ExpectDone();

        Assert.Contains("BaseBackup is running already", again.Error, StringComparison.Ordinal);
        Assert.True(await OnlyBackupAsync(installation) < kill, "another backup than the killed one was taken");
        AssertUntouched(installation, finished);
        await AssertRestoresAsync(installation);
    }

    [Fact]
    public async Task A_WAL_sync_killed_in_the_middle_loses_no_segment()
    {
        await using var installation = await Installation.StartAsync(
            Token, new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 });
        await installation.RunJsonAsync(Token, "backup");
        var local = Segments(installation.LocalRepository);
        var remote = Segments(installation.RemoteRepository);
        await installation.AddNoiseAsync("noise", 60, Token);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        var spooled = RepositoryFiles.Below(installation.Postgres.SpoolPath);
        var sums = await SumsAsync(
            "sha256sum <\"$f\"", spooled.Select(name => Path.Combine(installation.Postgres.SpoolPath, name)));

        var killed = installation.Start("wal-sync");
        await WaitAsync(
            "segments in the repository", killed,
            () => Segments(installation.LocalRepository).Length >= local.Length + 3);
        await KillAsync(killed);
        var archived = Segments(installation.LocalRepository).Select(Path.GetFileNameWithoutExtension);
        Assert.NotEmpty(spooled.Except(archived));
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();

        foreach (var (repository, before) in new[]
            { (installation.LocalRepository, local), (installation.RemoteRepository, remote) })
        {
            var segments = Segments(repository).Except(before).ToList();
            Assert.Equal(spooled, segments.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
            Assert.Equal(sums, await SumsAsync(
                "zstd -dc <\"$f\" | sha256sum", segments.Select(name => Path.Combine(repository, name))));
        }
    }

    [Fact]
    public async Task A_backup_outlives_a_crash_and_restart_of_PostgreSQL()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.AddNoiseAsync("noise", NoiseMegabytes, Token);
        var backup = installation.Start("backup");
        await WaitAsync("a pack", backup, () => RepositoryFiles.Packs(installation.LocalRepository).Length > 0);
        var crash = TimeProvider.System.GetUtcNow();
        await installation.Postgres.KillAsync();
        await installation.Postgres.StartAsync(Token);
        await backup.WaitForExitAsync(Token);

        Assert.Equal(0, backup.ExitCode);
        Assert.True(await OnlyBackupAsync(installation) < crash, "it was not the one that met the crash");
        await AssertRestoresAsync(installation);
    }

    private static string[] Segments(string repository) =>
        [.. RepositoryFiles.Below(repository, "wal-archive").Where(n => n.EndsWith(".zst", StringComparison.Ordinal))];

    /// <summary>SHA-256 sums in the order of the names.</summary>
    private static async Task<string[]> SumsAsync(string command, IEnumerable<string> paths)
    {
        var inOrder = paths.OrderBy(Path.GetFileName, StringComparer.Ordinal);
        var output = await Tool.RunAsync(
            new ProcessStartInfo("sh", ["-c", $"for f in \"$@\"; do {command}; done", "sh", .. inOrder]), Token);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<Process> ServeAsync(Installation installation, int port)
    {
        var serve = installation.Start("serve", "--urls", $"http://127.0.0.1:{port}");
        await WaitAsync("serve answers", serve, () => Answers(port));
        return serve;
    }

    private static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>
    /// Kills the process when each repository has a finished pack and the server has more to send: what sends is
    /// stopped in the meantime, because the way to the remote repository may take longer than all the rest.
    /// </summary>
    private static async Task<DateTimeOffset> KillBetweenPacksAsync(Installation installation, Process process)
    {
        var sender = 0;
        await WaitAsync("a base backup on the server", process, async () =>
        {
            sender = await installation.Postgres.QueryAsync<int>(
                "SELECT coalesce((SELECT pid FROM pg_stat_progress_basebackup), 0)", Token);
            return sender != 0;
        });
        await WaitAsync("a pack", process, () => RepositoryFiles.Packs(installation.LocalRepository).Length > 0);
        Shell.Run("kill", "-STOP", $"{sender}");
        try
        {
            await WaitAsync(
                "a pack over there", process, () => RepositoryFiles.Packs(installation.RemoteRepository).Length > 0);
            return await KillAsync(process);
        }
        finally
        {
            Shell.Run("kill", "-CONT", $"{sender}");
        }
    }

    private static Task WaitAsync(string what, Process process, Func<bool> isSo) =>
        WaitAsync(what, process, () => Task.FromResult(isSo()));

    private static async Task WaitAsync(string what, Process process, Func<Task<bool>> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!await isSo())
        {
            Assert.False(process.HasExited, $"it ended before there was {what}");
            Assert.True(clock.Elapsed < Deadline, $"there was not {what} within {Deadline}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Token);
        }
    }

    private static async Task<DateTimeOffset> KillAsync(Process process)
    {
        Assert.False(process.HasExited, "it ended before it could be killed");
        process.Kill();
        await process.WaitForExitAsync(Token);
        return TimeProvider.System.GetUtcNow();
    }

    private static Finished FinishedPacks(Installation installation)
    {
        Assert.DoesNotContain(
            RepositoryFiles.Below(installation.LocalRepository, "base-backups"),
            name => name.EndsWith("backup.json", StringComparison.Ordinal));
        var (local, remote) =
            (RepositoryFiles.Packs(installation.LocalRepository), RepositoryFiles.Packs(installation.RemoteRepository));
        return new Finished(
            local,
            remote,
            RepositoryFiles.Identities(installation.LocalRepository, local),
            RepositoryFiles.Identities(installation.RemoteRepository, remote));
    }

    private static void AssertUntouched(Installation installation, Finished finished)
    {
        Assert.Equal(
            finished.LocalIdentities, RepositoryFiles.Identities(installation.LocalRepository, finished.Local));
        Assert.Equal(
            finished.RemoteIdentities, RepositoryFiles.Identities(installation.RemoteRepository, finished.Remote));
        RepositoryFiles.AssertSame(installation.LocalRepository, installation.RemoteRepository);
        Assert.InRange(
            RepositoryFiles.Bytes(installation.RemoteRepository, RepositoryFiles.Packs(installation.RemoteRepository)),
            NoiseMegabytes << 20,
            (NoiseMegabytes << 20) + OtherBytes);
    }

    /// <summary>When the one backup in both repositories was started.</summary>
    private static async Task<DateTimeOffset> OnlyBackupAsync(Installation installation)
    {
        var list = await installation.RunJsonAsync(Token, "list");
        var id = Assert.Single(list.EnumerateArray().Select(b => b.GetProperty("id").GetString()!).Distinct());
        Assert.Equal(2, list.GetArrayLength());
        return DateTimeOffset.ParseExact(
            id[..16], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }

    private static async Task AssertRestoresAsync(Installation installation)
    {
        const string Checksum = "SELECT count(*) || md5(string_agg(md5(noise), '' ORDER BY noise)) FROM noise";
        var expected = await installation.Postgres.PsqlAsync(Checksum, Token);
        var directory = installation.PathOf("restored");
        (await installation.RunAsync(Token, "restore", "--to", directory, "--repository", "remote")).ExpectDone();
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        Assert.Equal(expected, await server.PsqlAsync(Checksum, Token));
    }

    /// <summary>Packs that were whole when the process died.</summary>
    private sealed record Finished(
        string[] Local, string[] Remote, string[] LocalIdentities, string[] RemoteIdentities);
}
