using System.Text.Json;
using Highwater.Engine.Repository;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

/// <summary>WAL that is lost for good, and an archive that stands still, as an operator meets them.</summary>
public sealed class WalGapTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_segment_lost_for_good_is_named_and_serve_takes_a_base_backup_that_ends_the_gap()
    {
        await using var installation = await StartAsync();
        var first = (await installation.RunJsonAsync(Token, "backup")).GetProperty("backup").GetProperty("id");

        // One segment vanishes from the spool before anything took it; two more follow and go in.
        var lost = await ArchiveAsync(installation);
        File.Delete(Path.Combine(installation.Postgres.SpoolPath, lost));
        await ArchiveAsync(installation);
        (await installation.RunAsync(Token, "wal-sync")).ExpectDone();

        // After two syncs it is not on its way any more; nor is what a base backup was tried before remembered.
        installation.Environment["WAL_SYNC_INTERVAL"] = "1";
        installation.Environment["HIGHWATER_STATE_PATH"] = installation.PathOf("another-state");
        var found = await FindLineAsync(installation, lost);
        for (var attempt = 0; found?.Level != "fail" && attempt < 20; attempt++)
            found = await FindLineAsync(installation, lost);
        var status = found!.Value;
        Assert.Equal("fail", status.Level);
        Assert.Contains($"recovery from the base backup {first.GetString()} ends before it", status.Text,
            StringComparison.Ordinal);
        Assert.Contains("highwater backup", status.Remedy, StringComparison.Ordinal);
        var check = (await installation.RunAsync(Token, "check")).ExpectExit(1);
        Assert.Matches($@"(?m)^FAIL continuity \(local\): WAL {lost} is missing", check.Output);

        await using (var serve = await ServeProcess.StartAsync(installation, Token))
        {
            await serve.UntilPrintedAsync("A base backup starts because WAL is lost: " + lost, Token);
            await serve.UntilPrintedAsync("Orchestration BaseBackup 'BaseBackup' completed", Token);
            var ended = (await FindLineAsync(installation, lost))!.Value;
            Assert.Equal("warn", ended.Level);
            Assert.Contains("can be restored", ended.Text, StringComparison.Ordinal);
            await serve.StopAsync(Token);
        }

        (await installation.RunAsync(Token, "check")).ExpectDone();
    }

    [Fact]
    public async Task An_archive_command_that_only_says_it_archived_is_found_out_by_check_and_by_status()
    {
        await using var installation = await StartAsync();
        await installation.RunJsonAsync(Token, "backup");
        await installation.Postgres.ExecuteAsync("ALTER SYSTEM SET archive_command = '/bin/true'", Token);
        await installation.Postgres.ExecuteAsync("SELECT pg_reload_conf()", Token);
        for (var i = 0; i < 4; i++)
            await ArchiveAsync(installation);

        var check = (await installation.RunAsync(Token, "check", "--timeout", "2")).ExpectExit(1);
        Assert.Contains("FAIL archiving: archive_command does nothing and says it did", check.Output,
            StringComparison.Ordinal);
        Assert.Contains("ALTER SYSTEM SET archive_command = '", check.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^FAIL wal-arrival \(local\): HW501: .* was archived elsewhere", check.Output);

        var status = (await installation.RunAsync(Token, "status")).ExpectExit(1);
        Assert.Matches(@"(?m)^FAIL server: .* is neither in the spool nor in a repository", status.Output);

        // The statistics do not know it any more; the repository and the server's position do.
        await installation.Postgres.ExecuteAsync("ALTER SYSTEM SET archive_command = ''", Token);
        await installation.Postgres.ExecuteAsync("SELECT pg_reload_conf()", Token);
        await installation.Postgres.ExecuteAsync("SELECT pg_stat_reset_shared('archiver')", Token);
        for (var i = 0; i < 5; i++)
            await installation.Postgres.ExecuteAsync(
                "SELECT pg_logical_emit_message(true, 'test', 'on'), pg_switch_wal()", Token);
        status = (await installation.RunAsync(Token, "status")).ExpectExit(1);
        Assert.Matches(@"(?m)^FAIL server: The server has archived nothing .* it finished \d+ segments", status.Output);
    }

    [Fact]
    public async Task Status_shows_the_window_the_recovery_point_and_the_backlog_of_each_repository()
    {
        await using var installation = await StartAsync();
        await installation.RunJsonAsync(Token, "backup");
        await installation.Postgres.ExecuteAsync("CREATE TABLE t AS SELECT 1 AS id", Token);
        await ArchiveAsync(installation);
        await installation.Ssh.StopAsync();
        (await installation.RunAsync(Token, "wal-sync")).ExpectExit(4);
        await installation.Ssh.StartAgainAsync(Token);

        var report = await installation.RunJsonAsync(Token, "status");
        var repositories = report.GetProperty("repositories").EnumerateArray().ToList();
        Assert.All(repositories, repository =>
        {
            var window = repository.GetProperty("window");
            Assert.True(window.GetProperty("from").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
            Assert.True(repository.GetProperty("recoveryPoint").GetProperty("timeline").GetInt32() == 1);
            Assert.Empty(repository.GetProperty("gaps").EnumerateArray());
        });
        var behind = repositories[1].GetProperty("behind");
        Assert.True(behind.GetProperty("walFiles").GetInt32() > 0);
        Assert.True(TimeSpan.Parse(behind.GetProperty("oldestAge").GetString()!, null) > TimeSpan.Zero);

        var text = (await installation.RunAsync(Token, "status")).ExpectDone().Output;
        Assert.Matches(@"(?m)^ok   local: It can be restored to any moment from .* to ", text);
        Assert.Matches(@"(?m)^\w+ +remote: It is behind the local repository by 0 base backups and \d+ WAL files, .*"
            + "the oldest of these files waits for ", text);
    }

    private static Task<Installation> StartAsync() => Installation.StartAsync(
        Token, new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1, ArchiveTimeoutSeconds = 60 });

    /// <summary>Writes something and has its segment archived; gives its name.</summary>
    private static async Task<string> ArchiveAsync(Installation installation)
    {
        var segment = await installation.Postgres.QueryAsync<string>(
            "SELECT pg_walfile_name(pg_logical_emit_message(false, 'test', 'here'))", Token);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        return segment;
    }

    private static async Task<(string Level, string Text, string Remedy)?> FindLineAsync(
        Installation installation, string segment)
    {
        var result = await installation.RunAsync(Token, "status", "--json");
        var lines = JsonDocument.Parse(result.Output).RootElement.GetProperty("lines").EnumerateArray();
        return lines.Where(line => line.GetProperty("subject").GetString() == RepositoryOptions.Local
                && line.GetProperty("text").GetString()!.Contains(segment, StringComparison.Ordinal))
            .Select(line => ((string, string, string)?)(
                line.GetProperty("level").GetString()!,
                line.GetProperty("text").GetString()!,
                line.GetProperty("remedy").GetString()!))
            .FirstOrDefault();
    }
}
