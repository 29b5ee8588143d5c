using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>Asks the server about one replication slot. Needs no right but to connect.</summary>
public sealed class ReadReplicationSlot(PostgresOptions server)
{
    private const string Query = """
        SELECT slot_type = 'physical', active_pid, (restart_lsn - '0/0')::bigint, wal_status,
          (CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
            ELSE pg_current_wal_flush_lsn() END - '0/0')::bigint
        FROM pg_replication_slots WHERE slot_name = $1
        """;

    /// <returns>Null if there is no slot of that name.</returns>
    /// <exception cref="Errors.HighwaterException">2xx: the server cannot be asked.</exception>
    public Task<ReplicationSlot?> RunAsync(string name, CancellationToken cancellationToken) =>
        PostgresConnection.UseAsync(
            server,
            async connection =>
            {
                await using var command = new NpgsqlCommand(Query, connection);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
                await using var row = await command.ExecuteReaderAsync(cancellationToken);
                return await row.ReadAsync(cancellationToken)
                    ? new ReplicationSlot(
                        name,
                        row.GetBoolean(0),
                        row.IsDBNull(1) ? null : row.GetInt32(1),
                        row.IsDBNull(2) ? null : new Lsn((ulong)row.GetInt64(2)),
                        row.IsDBNull(3) ? null : row.GetString(3),
                        new Lsn((ulong)row.GetInt64(4)))
                    : null;
            },
            cancellationToken);
}
