using System.Globalization;
using System.Text.Json;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary><c>highwater check</c> on a real installation, whole and with one thing broken at a time.</summary>
public sealed class CheckTests(CheckFixture fixture) : IClassFixture<CheckFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Installation Installation => fixture.Installation;

    [Fact]
    public async Task A_healthy_installation_meets_every_criterion_beside_a_running_serve()
    {
        await using var serve = await ServeProcess.StartAsync(Installation, Token);
        var before = RepositoryFiles.Below(Installation.RemoteRepository, "wal-archive");

        var result = (await Installation.RunAsync(Token, "check")).ExpectDone();

        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("ok   ", line, StringComparison.Ordinal));
        foreach (var repository in new[] { "local", "remote" })
        {
            var start = $"ok   wal-arrival ({repository}): ";
            Assert.Contains(lines, line => line.StartsWith(start, StringComparison.Ordinal));
        }


        Assert.NotEmpty(RepositoryFiles.Below(Installation.RemoteRepository, "wal-archive").Except(before));
        await serve.StopAsync(Token);
    }

    [Fact]
    public async Task A_broken_archive_command_fails_with_the_remedy_and_is_not_waited_for()
    {
        await SetAsync("archive_command = '/bin/false archive-wal \"%p\" \"%f\"'");
        try
        {
            var lines = await CheckAsync(1, "--timeout", "600");

            Assert.Contains("archive_command fails", TextOf(lines, "archiving", "fail"), StringComparison.Ordinal);
            var arrival = TextOf(lines, "wal-arrival", "fail");
            Assert.Contains("HW501", arrival, StringComparison.Ordinal);
            Assert.Contains("was not archived", arrival, StringComparison.Ordinal);
            Assert.Contains("SELECT * FROM pg_stat_archiver", arrival, StringComparison.Ordinal);
        }
        finally
        {
            await SetAsync($"archive_command = 'WAL_SPOOL_PATH={Installation.Postgres.SpoolPath} "
                + $"{Installation.Postgres.ArchiveWalPath} \"%p\" \"%f\"'");
            await Installation.Postgres.ArchiveCurrentWalAsync(Token);
        }
    }

    [Fact]
    public async Task A_remote_host_that_is_away_fails_and_hides_nothing_of_the_local_repository()
    {
        await Installation.Ssh.StopAsync();
        try
        {
            var lines = await CheckAsync(1);

            Assert.Contains("HW301", TextOf(lines, "repository", "fail"), StringComparison.Ordinal);
            Assert.Contains(lines, line => Is(line, "wal-arrival", "ok") && Subject(line) == "local");
            Assert.Contains(lines, line => Is(line, "window", "ok") && Subject(line) == "local");
        }
        finally
        {
            await Installation.Ssh.StartAgainAsync(Token);
        }
    }

    [Fact]
    public async Task A_base_backup_older_than_the_schedule_asks_for_is_a_warning_and_exits_with_0()
    {
        var local = await AgeAsync(Installation.LocalRepository);
        var remote = await AgeAsync(Installation.RemoteRepository);
        try
        {
            var lines = await CheckAsync(0);

            var text = TextOf(lines, "base-backup", "warn");
            Assert.Contains("every 1 d", text, StringComparison.Ordinal);
            Assert.Contains("highwater backup", text, StringComparison.Ordinal);
        }
        finally
        {
            local();
            remote();
        }
    }

    [Fact]
    public async Task A_spool_that_cannot_be_written_fails_with_the_remedy()
    {
        var spool = Installation.Postgres.SpoolPath;
        var mode = File.GetUnixFileMode(spool);
        File.SetUnixFileMode(spool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            var lines = await CheckAsync(1);

            var text = TextOf(lines, "spool", "fail");
            Assert.Contains("HW505", text, StringComparison.Ordinal);
            Assert.Contains("chown -R postgres:", text, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(spool, mode);
            await Installation.Postgres.ArchiveCurrentWalAsync(Token);
        }
    }

    private async Task<IReadOnlyList<JsonElement>> CheckAsync(int exitCode, params string[] arguments)
    {
        var result = (await Installation.RunAsync(Token, ["check", "--json", .. arguments])).ExpectExit(exitCode);
        return [.. JsonDocument.Parse(result.Output).RootElement.GetProperty("lines").EnumerateArray()];
    }

    private static bool Is(JsonElement line, string criterion, string level) =>
        line.GetProperty("criterion").GetString() == criterion && line.GetProperty("level").GetString() == level;

    private static string? Subject(JsonElement line) => line.GetProperty("subject").GetString();

    /// <summary>Text and remedy of the first such line.</summary>
    private static string TextOf(IReadOnlyList<JsonElement> lines, string criterion, string level)
    {
        var found = lines.Where(line => Is(line, criterion, level)).ToList();
        Assert.True(found.Count > 0, $"no line {criterion}, {level} among\n{string.Join('\n', lines)}");
        return $"{found[0].GetProperty("text").GetString()} {found[0].GetProperty("remedy").GetString()}";
    }

    private async Task SetAsync(string setting)
    {
        await Installation.Postgres.ExecuteAsync($"ALTER SYSTEM SET {setting}", Token);
        await Installation.Postgres.ExecuteAsync("SELECT pg_reload_conf()", Token);
    }

    /// <summary>Dates the base backup of a repository back by thirty hours; the result undoes it.</summary>
    private static async Task<Action> AgeAsync(string repository)
    {
        var folder = Directory.GetDirectories(Path.Combine(repository, "base-backups")).Single();
        var commit = Path.Combine(folder, "backup.json");
        var original = await File.ReadAllTextAsync(commit, Token);
        var started = JsonDocument.Parse(original).RootElement.GetProperty("startedAt").GetString()!;
        var back = DateTimeOffset.Parse(started, CultureInfo.InvariantCulture).AddHours(-30);
        File.SetUnixFileMode(commit, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var earlier = back.ToString("O", CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(commit, original.Replace(started, earlier, StringComparison.Ordinal), Token);
        return () => File.WriteAllText(commit, original);
    }
}
