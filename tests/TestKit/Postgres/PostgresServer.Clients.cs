using System.Diagnostics;
using System.Globalization;
using Highwater.Engine.Postgres;
using Npgsql;

namespace Highwater.TestKit.Postgres;

public sealed partial class PostgresServer
{
    /// <summary>How a role of this server connects over TCP.</summary>
    public string ConnectionStringFor(string user, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Username = user,
        Password = password,
        Database = "postgres",
        Pooling = false,
        Timeout = 10,
        IncludeErrorDetail = true,
    }.ConnectionString;

    /// <summary>Runs SQL as superuser.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The first column of the first row of a query run as superuser.</summary>
    public async Task<T> QueryAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// A role as the documents ask for: LOGIN, and by default REPLICATION, pg_read_all_settings and pg_switch_wal().
    /// </summary>
    public async Task CreateBackupUserAsync(
        string user, string password, CancellationToken cancellationToken,
        bool replication = true, bool readSettings = true)
    {
        await ExecuteAsync(
            $"CREATE ROLE \"{user}\" LOGIN {(replication ? "REPLICATION" : "")} PASSWORD '{password}'",
            cancellationToken);
        await ExecuteAsync($"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO \"{user}\"", cancellationToken);
        if (readSettings)
            await ExecuteAsync($"GRANT pg_read_all_settings TO \"{user}\"", cancellationToken);
    }

    /// <summary>A tablespace in a directory of its own outside the data directory.</summary>
    public async Task CreateTablespaceAsync(string name, CancellationToken cancellationToken)
    {
        var location = Path.Combine(_folder, $"tablespace-{name}");
        await PostgresAccount.CreateDirectoryAsync(location, cancellationToken);
        await ExecuteAsync($"CREATE TABLESPACE \"{name}\" LOCATION '{location}'", cancellationToken);
    }

    /// <summary>Runs psql with a script and returns what it prints, unaligned and without headers.</summary>
    public Task<string> PsqlAsync(string script, CancellationToken cancellationToken) =>
        RunClientAsync("psql", cancellationToken, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", script);

    /// <summary>Fills the pgbench tables; one unit of scale is 100 000 accounts, about 15 MB.</summary>
    public Task FillWithPgbenchAsync(int scale, CancellationToken cancellationToken) =>
        RunClientAsync("pgbench", cancellationToken, "-i", "-q", "-s", scale.ToString(CultureInfo.InvariantCulture));

    /// <summary>Runs pgbench with arguments of the caller's, for instance <c>-t 100</c>.</summary>
    public Task<string> PgbenchAsync(CancellationToken cancellationToken, params string[] arguments) =>
        RunClientAsync("pgbench", cancellationToken, arguments);

    /// <summary>
    /// The whole database as SQL: two servers with the same content give the same text. The lines <c>\restrict</c> and
    /// <c>\unrestrict</c> of newer minor versions hold a random key and are left out.
    /// </summary>
    public async Task<string> PgDumpAsync(CancellationToken cancellationToken)
    {
        var dump = await RunClientAsync("pg_dump", cancellationToken, "--no-sync");
        return string.Join('\n', dump.Split('\n').Where(line => !IsRestriction(line)));
    }

    /// <summary>Runs one of PostgreSQL's client programs against this server as superuser.</summary>
    public Task<string> RunClientAsync(
        string program, CancellationToken cancellationToken, params string[] arguments)
    {
        var command = new ProcessStartInfo(PostgresBinaries.PathOf(program), arguments);
        command.Environment["PGHOST"] = Host;
        command.Environment["PGPORT"] = Port.ToString(CultureInfo.InvariantCulture);
        command.Environment["PGUSER"] = Superuser;
        command.Environment["PGDATABASE"] = "postgres";
        command.Environment["PGPASSWORD"] = SuperuserPassword;
        return Tool.RunAsync(command, cancellationToken);
    }

    private static bool IsRestriction(string line) =>
        line.StartsWith("\\restrict ", StringComparison.Ordinal)
        || line.StartsWith("\\unrestrict ", StringComparison.Ordinal);
}
