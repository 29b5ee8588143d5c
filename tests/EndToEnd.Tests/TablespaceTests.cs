using Highwater.Engine.Errors;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests;

public sealed class TablespaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_with_a_tablespace_is_restored_beside_the_original_with_a_tablespace_map()
    {
        await using var installation = await Installation.StartAsync(Token);
        await installation.Postgres.CreateTablespaceAsync("fast", Token);
        await installation.Postgres.ExecuteAsync(
            "CREATE TABLE elsewhere TABLESPACE fast AS SELECT i FROM generate_series(1, 10000) i", Token);
        var location = await installation.Postgres.QueryAsync<string>(
            "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'fast'", Token);
        await installation.RunJsonAsync(Token, "backup");
        var dump = await installation.Postgres.PgDumpAsync(Token);
        var directory = installation.PathOf("restored");
        var moved = installation.PathOf("moved");

        // The server still uses the old place: without a map the restore would run into it.
        (await RestoreAsync(installation, directory)).ExpectError(
            ErrorCodes.RestoreTargetNotEmpty, location, $"--tablespace-map {location}=");
        (await RestoreAsync(installation, directory, "--tablespace-map", $"{location}={moved}")).ExpectDone();

        Assert.NotEmpty(Directory.GetFiles(moved, "*", SearchOption.AllDirectories));
        await using var server = await PostgresServer.StartExistingAsync(directory, new PostgresServerOptions(), Token);
        Assert.Equal(dump, await server.PgDumpAsync(Token));
        Assert.Equal(moved, await server.QueryAsync<string>(
            "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'fast'", Token));
    }

    private static Task<ToolResult> RestoreAsync(
        Installation installation, string directory, params string[] arguments) =>
        installation.RunAsync(Token, ["restore", "--to", directory, "--repository", "remote", .. arguments]);
}
