using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

public sealed class RetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_three_backups_the_last_two_stay_in_each_repository_and_restore()
    {
        await using var installation = await Installation.StartAsync(Token);
        installation.Environment["BACKUP_RETENTION_COUNT"] = "2";
        await installation.Postgres.ExecuteAsync("CREATE TABLE t (step int)", Token);
        var ids = new List<string>();
        for (var step = 1; step <= 3; step++)
        {
            await installation.Postgres.ExecuteAsync($"INSERT INTO t VALUES ({step})", Token);
            var backup = await installation.RunJsonAsync(Token, "backup");
            ids.Add(backup.GetProperty("backup").GetProperty("id").GetString()!);
        }

        foreach (var repository in new[] { "local", "remote" })
        {
            var list = await installation.RunJsonAsync(Token, "list", "--repository", repository);
            Assert.Equal(ids[1..], list.EnumerateArray().Select(backup => backup.GetProperty("id").GetString()));
            (await installation.RunAsync(Token, "verify", "--repository", repository)).ExpectDone();
        }

        await AssertRestoresAsync(installation, "local", ids[1], "1,2");
        await AssertRestoresAsync(installation, "remote", ids[2], "1,2,3");
    }

    private static async Task AssertRestoresAsync(
        Installation installation, string repository, string backup, string expected)
    {
        var directory = installation.PathOf($"restored-{backup}");
        (await installation.RunAsync(
            Token, "restore", "--to", directory, "--repository", repository, "--backup", backup, "--immediate"))
            .ExpectDone();
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        var steps = await server.PsqlAsync("SELECT string_agg(step::text, ',' ORDER BY step) FROM t", Token);
        Assert.Equal(expected, steps.Trim());
    }
}
