using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Asks the server for its facts. Needs no right but to connect: the pg_control functions, pg_walfile_name() and
/// pg_stat_archiver are open to PUBLIC (catalog/system_functions.sql and system_views.sql revoke none of them).
/// </summary>
public sealed class ReadServerFacts(PostgresOptions server)
{
    /// <summary>pg_database_size() of a database needs CONNECT on it or pg_read_all_stats; others are left out of the
    /// sum.</summary>
    private const string FactsQuery = """
        SELECT
          (SELECT system_identifier FROM pg_control_system()),
          current_setting('server_version_num')::int,
          i.bytes_per_wal_segment,
          CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END,
          (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END - '0/0')::bigint,
          pg_is_in_recovery(),
          CASE WHEN may.read_settings THEN current_setting('data_directory') END,
          i.data_page_checksum_version > 0,
          current_setting('wal_level'),
          current_setting('max_wal_senders')::int,
          current_setting('archive_mode'),
          CASE WHEN current_setting('archive_mode') = 'off' THEN '' ELSE current_setting('archive_command') END,
          coalesce(current_setting('archive_library', true), ''),
          (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'),
          (SELECT coalesce(sum(pg_database_size(oid)), 0)::bigint FROM pg_database
            WHERE may.read_stats OR has_database_privilege(oid, 'CONNECT')),
          may.replicate, may.read_settings, has_function_privilege('pg_catalog.pg_switch_wal()', 'EXECUTE'),
          a.archived_count, a.last_archived_wal, a.last_archived_time,
          a.failed_count, a.last_failed_wal, a.last_failed_time, a.stats_reset
        FROM pg_control_init() i, pg_stat_archiver a,
          (SELECT rolsuper OR rolreplication AS replicate,
            pg_has_role(rolname, 'pg_read_all_settings', 'USAGE') AS read_settings,
            pg_has_role(rolname, 'pg_read_all_stats', 'USAGE') AS read_stats
            FROM pg_roles WHERE rolname = current_user) may
        """;

    private const string TablespacesQuery = """
        SELECT oid, pg_tablespace_location(oid) FROM pg_tablespace
        WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid
        """;

    /// <exception cref="Errors.HighwaterException">
    /// 2xx: the server cannot be asked, or is older than the functions used (<see
    /// cref="Errors.ErrorCodes.PostgresTooOld"/>).
    /// </exception>
    public Task<ServerFacts> RunAsync(CancellationToken cancellationToken) => PostgresConnection.UseAsync(
        server,
        async connection =>
        {
            if (connection.PostgreSqlVersion.Major < ServerRequirements.OldestMajor)
                throw ServerRequirements.TooOld(server, connection.PostgreSqlVersion.ToString());
            var tablespaces = await ReadTablespacesAsync(connection, cancellationToken);
            return await ReadFactsAsync(connection, tablespaces, cancellationToken);
        },
        cancellationToken);

    private static async Task<List<ServerTablespace>> ReadTablespacesAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TablespacesQuery, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<ServerTablespace> tablespaces = [];
        while (await row.ReadAsync(cancellationToken))
            tablespaces.Add(new ServerTablespace(row.GetFieldValue<uint>(0), row.GetString(1)));
        return tablespaces;
    }

    private static async Task<ServerFacts> ReadFactsAsync(
        NpgsqlConnection connection, List<ServerTablespace> tablespaces, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FactsQuery, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new ServerFacts(
            SystemIdentifier: new SystemIdentifier((ulong)row.GetInt64(0)),
            VersionNumber: row.GetInt32(1),
            WalSegmentSize: new WalSegmentSize(row.GetInt32(2)),
            Timeline: (uint)row.GetInt32(3),
            CurrentLsn: new Lsn((ulong)row.GetInt64(4)),
            InRecovery: row.GetBoolean(5),
            DataDirectory: row.IsDBNull(6) ? null : row.GetString(6),
            DataChecksums: row.GetBoolean(7),
            WalLevel: row.GetString(8),
            MaxWalSenders: row.GetInt32(9),
            ArchiveMode: row.GetString(10),
            ArchiveCommand: row.GetString(11),
            ArchiveLibrary: row.GetString(12),
            ArchiveTimeout: TimeSpan.FromSeconds(row.GetInt32(13)),
            DatabaseBytes: row.GetInt64(14),
            Role: new ServerRole(row.GetBoolean(15), row.GetBoolean(16), row.GetBoolean(17)),
            Archiver: ReadArchiver(row),
            Tablespaces: tablespaces);
    }

    private static ArchiverStatistics ReadArchiver(NpgsqlDataReader row) => new(
        row.GetInt64(18), TextOrNull(row, 19), TimeOrNull(row, 20),
        row.GetInt64(21), TextOrNull(row, 22), TimeOrNull(row, 23))
    {
        ResetAt = TimeOrNull(row, 24),
    };

    private static string? TextOrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
