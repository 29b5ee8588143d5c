using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class PostgresServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_survive_a_kill_and_a_restart()
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions(), Token);
        await server.ExecuteAsync("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n", Token);
        await server.KillAsync();
        await server.StartAsync(Token);
        Assert.Equal("1000\n", await server.PsqlAsync("SELECT count(*) FROM t", Token));
        await server.RestartAsync(Token);
        Assert.Equal(1000, await server.QueryAsync<long>("SELECT count(*) FROM t", Token));
    }

    [Fact]
    public async Task Archived_segments_arrive_in_the_spool_whole()
    {
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 }, Token);
        await server.ArchiveCurrentWalAsync(Token);
        var segments = Directory.GetFiles(server.SpoolPath);
        Assert.NotEmpty(segments);
        Assert.All(segments, s => Assert.Equal(1 << 20, new FileInfo(s).Length));
        Assert.Empty(Directory.GetFiles(Path.Combine(server.SpoolPath, ".tmp")));
    }

    [Fact]
    public async Task Copies_of_the_template_share_a_system_identifier_and_others_do_not()
    {
        const string Identifier = "SELECT system_identifier FROM pg_control_system()";
        await using var first = await PostgresServer.StartAsync(new PostgresServerOptions(), Token);
        await using var second = await PostgresServer.StartAsync(new PostgresServerOptions(), Token);
        await using var other = await PostgresServer.StartAsync(
            new PostgresServerOptions { OwnSystemIdentifier = true }, Token);
        var identifier = await first.QueryAsync<long>(Identifier, Token);
        Assert.Equal(identifier, await second.QueryAsync<long>(Identifier, Token));
        Assert.NotEqual(identifier, await other.QueryAsync<long>(Identifier, Token));
    }

    [Fact]
    public async Task A_copied_data_directory_recovers_from_the_spool_and_takes_writes()
    {
        await using var source = await PostgresServer.StartAsync(
            new PostgresServerOptions { Archiving = true, WalSegmentMegabytes = 1 }, Token);
        var restored = Path.Combine(Path.GetTempPath(), $"highwater-restored-{Guid.NewGuid():N}");
        try
        {
            await source.RunClientAsync(
                "pg_basebackup", Token, "-D", restored, "-X", "none", "-c", "fast", "--no-sync");
            await source.ExecuteAsync("CREATE TABLE later AS SELECT generate_series(1, 77) AS n", Token);
            await source.ArchiveCurrentWalAsync(Token);
            await File.WriteAllTextAsync(Path.Combine(restored, "recovery.signal"), "", Token);
            await File.AppendAllTextAsync(
                Path.Combine(restored, "postgresql.auto.conf"),
                $"restore_command = 'cp {source.SpoolPath}/%f %p'\n", Token);
            await using var copy = await PostgresServer.StartExistingAsync(
                restored, new PostgresServerOptions(), Token);
            Assert.Equal(await source.PgDumpAsync(Token), await copy.PgDumpAsync(Token));
            await copy.ExecuteAsync("INSERT INTO later VALUES (78)", Token);
        }
        finally
        {
            Directory.Delete(restored, recursive: true);
        }
    }
}
