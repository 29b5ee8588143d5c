using System.Diagnostics;
using System.Globalization;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

public sealed class PrefetchTests(PrefetchFixture fixture) : IClassFixture<PrefetchFixture>
{
    private const string Folder = "pg_wal/highwater-prefetch";
    private const string Begin = "restore_command = '";
    private const string AllSteps = "SELECT count(*) || ' to ' || max(step) FROM steps";

    private static readonly string Expected =
        string.Create(CultureInfo.InvariantCulture, $"{PrefetchFixture.Steps} to {PrefetchFixture.Steps}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Fact]
    public async Task A_restored_server_takes_its_WAL_from_what_was_fetched_ahead_and_nothing_stays_behind()
    {
        var directory = await RestoreAsync("ahead", "--repository", "remote", "--repository", "local");
        var awaited = fixture.Segments.Skip(1).ToList();
        var log = await NoteHowSegmentsComeAsync(directory, awaited);

        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);

        Assert.Equal(Expected, (await server.PsqlAsync(AllSteps, Token)).Trim());
        var ahead = await File.ReadAllLinesAsync(log + ".ahead", Token);
        Assert.Equal(awaited, ahead.Where(awaited.Contains));
        Assert.Empty((await File.ReadAllLinesAsync(log + ".asked", Token)).Intersect(awaited));
        await AwaitNothingBehindAsync(server, directory);
    }

    [Fact]
    public async Task Killed_again_and_again_it_does_recovery_no_harm_and_leaves_nothing_behind()
    {
        var directory = await RestoreAsync("killed", "--repository", "local");
        var hold = Path.Combine(directory, "highwater-hold");
        await EditCommandAsync(directory, Begin, $"{Begin}while [ -e {hold} ]; do sleep 0.05; done; ");
        var killer = KillAsync(
            directory,
            hold,
            [
                () => true,
                () => FilesIn(directory).Any(file => !file.EndsWith("next", StringComparison.Ordinal)),
                () => ReadyIn(directory) > 1,
            ]);

        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        await killer;

        Assert.Equal(Expected, (await server.PsqlAsync(AllSteps, Token)).Trim());
        await AwaitNothingBehindAsync(server, directory);
    }

    // Of a fast stop whoever fetches ahead hears by a signal; any other it learns from the end of its server.
    [Theory]
    [InlineData("fast")]
    [InlineData("immediate")]
    public async Task A_server_that_stops_in_the_middle_of_recovery_leaves_nobody_at_work(string mode)
    {
        var directory = await RestoreAsync(
            $"stopped-{mode}", "--repository", "local",
            "--target-lsn", fixture.AfterFourSteps, "--target-action", "pause");
        // recovery_prefetch reads WAL far beyond the target while segments are nearly empty.
        await ControlAsync("start", directory, "-l", Path.Combine(directory, "log"), "-o",
            $"-c listen_addresses= -c unix_socket_directories={directory} -c archive_mode=off -c fsync=off "
            + "-c recovery_prefetch=off");
        try
        {
            // Paused at its target it takes no more, and what was fetched ahead waits for it.
            await Installation.Postgres.WaitUntilAsync(
                "segments lie ready",
                () => Task.FromResult(ReadyIn(directory) > 8),
                TimeSpan.FromMinutes(1),
                Token);
            Assert.NotEmpty(Prefetchers(directory));
        }
        finally
        {
            await ControlAsync("stop", directory, "-m", mode);
        }

        await AwaitNothingBehindAsync(Installation.Postgres, directory);
    }

    [Fact]
    public async Task With_no_prefetch_nothing_is_fetched_ahead()
    {
        var directory = await RestoreAsync("plain", "--repository", "local", "--no-prefetch");
        var settings = await File.ReadAllTextAsync(Path.Combine(directory, "postgresql.auto.conf"), Token);
        Assert.Contains(" --no-prefetch'", settings, StringComparison.Ordinal);
        Assert.DoesNotContain(Folder, settings, StringComparison.Ordinal);

        var asked = HighwaterProgram.Command(directory, Installation.Environment,
            ["wal-get", fixture.Segments[0], "pg_wal/RECOVERYXLOG", "--repository", "local", "--no-prefetch"]);

        (await Tool.TryRunAsync(asked, Token)).ExpectDone();
        Assert.False(Directory.Exists(Path.Combine(directory, Folder)));
        Assert.Empty(Prefetchers(directory));
    }

    [Fact]
    public async Task Wal_get_ends_with_1_only_when_every_repository_has_answered()
    {
        const string Absent = "0000000100000000000000FE";
        var away = new Dictionary<string, string?> { ["REMOTE_BACKUP_PORT"] = "1" };
        var none = new Dictionary<string, string?>();

        await ExpectAsync(1, Absent, none);
        await ExpectAsync(200, Absent, away);
        await ExpectAsync(1, Absent, away, "--repository", "local");
        await ExpectAsync(0, fixture.Segments[0], away);
        await ExpectAsync(0, fixture.Segments[0], new Dictionary<string, string?>
        {
            ["LOCAL_BACKUP_PATH"] = Installation.PathOf("nowhere"),
        });
    }

    private async Task ExpectAsync(
        int exitCode, string segment, IReadOnlyDictionary<string, string?> changes, params string[] repository) =>
        (await Installation.RunWithAsync(
            changes, Token, ["wal-get", segment, Installation.PathOf("fetched"), .. repository])).ExpectExit(exitCode);

    private async Task<string> RestoreAsync(string name, params string[] arguments)
    {
        var directory = Installation.PathOf(name);
        (await Installation.RunAsync(Token, ["restore", "--to", directory, .. arguments])).ExpectDone();
        return directory;
    }

    /// <summary>
    /// Has the restore_command write down which half of it served each segment. Those awaited are not asked for before
    /// they lie ready: how fast this machine is does not matter.
    /// </summary>
    private static async Task<string> NoteHowSegmentsComeAsync(string directory, IReadOnlyList<string> awaited)
    {
        const string Half = " && exit 0; ";
        var notes = Path.Combine(directory, "highwater-notes");
        await PostgresAccount.CreateDirectoryAsync(notes, Token);
        foreach (var segment in awaited)
            await File.WriteAllTextAsync(Path.Combine(notes, segment), "", Token);
        await EditCommandAsync(
            directory, Half, $" && echo %f >>{notes}/log.ahead && exit 0; echo %f >>{notes}/log.asked; ");
        await EditCommandAsync(
            directory,
            Begin,
            $"{Begin}i=0; while [ -e {notes}/%f ] && [ ! -e {Folder}/%f ] && [ $i -lt 600 ]; do "
            + "sleep 0.1; i=$((i+1)); done; ");
        return Path.Combine(notes, "log");
    }

    private static async Task EditCommandAsync(string directory, string old, string @new)
    {
        var path = Path.Combine(directory, "postgresql.auto.conf");
        var settings = await File.ReadAllTextAsync(path, Token);
        Assert.Contains(old, settings, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, settings.Replace(old, @new, StringComparison.Ordinal), Token);
    }

    /// <summary>
    /// SIGKILL to whoever fetches ahead, in one state after the other. Recovery is held up while a state is waited for,
    /// and goes on until it has started the next one.
    /// </summary>
    private async Task KillAsync(string directory, string hold, IReadOnlyList<Func<bool>> states)
    {
        foreach (var state in states)
        {
            File.Delete(hold);
            await AwaitAsync("somebody fetches ahead", () => Prefetchers(directory).Length > 0);
            await File.WriteAllTextAsync(hold, "", Token);
            await AwaitAsync("the state is reached", state);
            await Tool.RunAsync(new ProcessStartInfo("kill", ["-9", .. Prefetchers(directory)]), Token);
            await AwaitAsync("it is dead", () => Prefetchers(directory).Length == 0);
        }

        File.Delete(hold);
    }

    private Task AwaitAsync(string what, Func<bool> isSo) => Installation.Postgres.WaitUntilAsync(
        what, () => Task.FromResult(isSo()), TimeSpan.FromMinutes(1), Token);

    private static int ReadyIn(string directory) =>
        FilesIn(directory).Count(file => WalSegmentName.TryParse(Path.GetFileName(file), out _));

    private static string[] FilesIn(string directory)
    {
        try
        {
            return Directory.GetFiles(Path.Combine(directory, Folder));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static Task AwaitNothingBehindAsync(PostgresServer server, string directory) => server.WaitUntilAsync(
        "nobody fetches ahead and nothing lies there",
        () => Task.FromResult(
            Prefetchers(directory).Length == 0 && !Directory.Exists(Path.Combine(directory, Folder))),
        TimeSpan.FromMinutes(1),
        Token);

    /// <summary>The processes that fetch ahead for a data directory, and not the shell around each.</summary>
    private static string[] Prefetchers(string directory) =>
        [.. from process in Directory.GetDirectories("/proc")
            where char.IsAsciiDigit(Path.GetFileName(process)[0])
            where IsPrefetcher(process, directory)
            select Path.GetFileName(process)];

    private static bool IsPrefetcher(string process, string directory)
    {
        try
        {
            var words = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
            return words.Contains("wal-prefetch") && !words.Contains("-c")
                && new DirectoryInfo(Path.Combine(process, "cwd")).LinkTarget == directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // It has just ended.
        }
    }

    private static Task ControlAsync(string verb, string directory, params string[] arguments) => Tool.RunAsync(
        PostgresAccount.Command(
            PostgresBinaries.PathOf("pg_ctl"), [verb, "-D", directory, "-w", "-t", "60", .. arguments]),
        Token);
}
