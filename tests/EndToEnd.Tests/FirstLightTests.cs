using System.Globalization;
using Highwater.TestKit.Postgres;
using Npgsql;

namespace Highwater.EndToEnd.Tests;

public sealed class FirstLightTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_repositories_hold_the_same_packs_and_each_restores_what_the_server_had()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Postgres.FillWithPgbenchAsync(2, Token);

        var backup = await installation.RunJsonAsync(Token, "backup");
        await installation.Postgres.ExecuteAsync(
            "INSERT INTO pgbench_history SELECT 1, 1, 1, 1, now() FROM generate_series(1, 5000)", Token);
        var atThatMoment = await installation.Postgres.PgDumpAsync(Token);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        await installation.RunJsonAsync(Token, "wal-sync");
        await installation.Postgres.StopAsync(Token);

        Assert.Equal(2, backup.GetProperty("repositories").GetArrayLength());
        AssertSameFiles(
            Path.Combine(installation.LocalRepository, "packs"), Path.Combine(installation.RemoteRepository, "packs"));
        await AssertRestoresAsync(installation, "from-local", atThatMoment, "--repository", "local");

        // The remote alone: no settings, the local repository and the state gone.
        Directory.Delete(installation.LocalRepository, recursive: true);
        Directory.Delete(installation.PathOf("state"), recursive: true);
        var directory = installation.PathOf("from-remote");
        var restored = await installation.RunBareAsync(
            Token, ["restore", "--to", directory, .. installation.RemoteArguments]);
        Assert.True(restored.ExitCode == 0, restored.Output + restored.Error);
        await AssertServesAsync(directory, atThatMoment);
    }

    [Fact]
    public async Task A_target_time_between_two_transactions_brings_the_first_and_not_the_second()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Postgres.ExecuteAsync("CREATE TABLE t (step int)", Token);
        await installation.RunJsonAsync(Token, "backup");

        await installation.Postgres.ExecuteAsync("INSERT INTO t VALUES (1)", Token);
        await Task.Delay(TimeSpan.FromMilliseconds(1100), Token);
        var between = await installation.Postgres.QueryAsync<DateTime>("SELECT clock_timestamp()", Token);
        await Task.Delay(TimeSpan.FromMilliseconds(1100), Token);
        await installation.Postgres.ExecuteAsync("INSERT INTO t VALUES (2)", Token);
        await installation.Postgres.ArchiveCurrentWalAsync(Token);
        await installation.RunJsonAsync(Token, "wal-sync");

        var directory = installation.PathOf("restored");
        var time = between.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var result = await installation.RunAsync(Token, "restore", "--to", directory, "--target-time", time);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        Assert.Equal(
            "1", (await server.PsqlAsync("SELECT string_agg(step::text, ',' ORDER BY step) FROM t", Token)).Trim());
    }

    [Fact]
    public async Task A_second_backup_after_little_change_stores_little()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Postgres.FillWithPgbenchAsync(10, Token);
        var first = await installation.RunJsonAsync(Token, "backup");

        // One row in a thousand, neighbours as a working day leaves them.
        await installation.Postgres.ExecuteAsync(
            "UPDATE pgbench_accounts SET abalance = 1 WHERE aid % 100000 < 100", Token);
        var second = await installation.RunJsonAsync(Token, "backup");

        var firstBytes = first.GetProperty("backup").GetProperty("storedBytes").GetInt64();
        var secondBytes = second.GetProperty("backup").GetProperty("storedBytes").GetInt64();
        Assert.True(secondBytes > 0, "changed rows must be stored");
        Assert.True(secondBytes < firstBytes / 5, $"{secondBytes} of {firstBytes} bytes were stored again");
    }

    [Fact]
    public async Task The_script_in_the_repository_restores_the_same_bytes_without_this_program()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Postgres.FillWithPgbenchAsync(1, Token);
        await installation.RunJsonAsync(Token, "backup");
        var byProgram = installation.PathOf("by-program");
        var byScript = installation.PathOf("by-script");

        await RestoreAsync(installation, byProgram, "--repository", "local");
        await Tool.RunAsync(
            PostgresAccount.Command(
                "sh", Path.Combine(installation.LocalRepository, "restore.sh"), "restore", byScript),
            Token);

        // Recovery settings name different programs; every byte of the database is the same.
        await Tool.RunAsync(
            new("diff", ["-r", "--exclude=postgresql.auto.conf", "--exclude=recovery.signal", byProgram, byScript]),
            Token);
        await VerifyWithPostgresAsync(byScript);
        await using var server = await PostgresServer.StartExistingAsync(byScript, new PostgresServerOptions(), Token);
        Assert.Equal("100000", (await server.PsqlAsync("SELECT count(*) FROM pgbench_accounts", Token)).Trim());
    }

    private static async Task AssertRestoresAsync(
        Installation installation, string name, string expectedDump, params string[] arguments)
    {
        var directory = installation.PathOf(name);
        await RestoreAsync(installation, directory, arguments);
        await AssertServesAsync(directory, expectedDump);
    }

    private static async Task RestoreAsync(Installation installation, string directory, params string[] arguments)
    {
        var result = await installation.RunAsync(Token, ["restore", "--to", directory, .. arguments]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private static async Task AssertServesAsync(string directory, string expectedDump)
    {
        await VerifyWithPostgresAsync(directory);
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        Assert.Equal(expectedDump, await server.PgDumpAsync(Token));
    }

    /// <summary>PostgreSQL's own judgement of the files, before recovery touches them. WAL comes by
    /// restore_command.</summary>
    private static Task<string> VerifyWithPostgresAsync(string directory) =>
        Tool.RunAsync(
            PostgresAccount.Command(PostgresBinaries.PathOf("pg_verifybackup"), "--no-parse-wal", directory), Token);

    private static void AssertSameFiles(string left, string right)
    {
        var names = FilesBelow(left);
        Assert.NotEmpty(names);
        Assert.Equal(names, FilesBelow(right));
        Assert.All(names, name => Assert.Equal(
            File.ReadAllBytes(Path.Combine(left, name)), File.ReadAllBytes(Path.Combine(right, name))));
    }

    private static string[] FilesBelow(string folder) =>
        [.. Directory.GetFiles(
            folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order()];
}
