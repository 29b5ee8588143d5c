using Highwater.Engine.Errors;
using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Closes the current WAL segment so that it is archived now (pg_switch_wal(); documentation, "Backup Control
/// Functions").
/// </summary>
public sealed class SwitchWal(PostgresOptions server)
{
    /// <returns>
    /// The end of the closed segment's records + 1; where WAL stands, if nothing was written since the last switch.
    /// </returns>
    /// <exception cref="HighwaterException">2xx; without the right, the SQL that gives it.</exception>
    public Task<Lsn> RunAsync(CancellationToken cancellationToken) => PostgresConnection.UseAsync(
        server,
        async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT (pg_switch_wal() - '0/0')::bigint", connection);
            try
            {
                return new Lsn((ulong)(long)(await command.ExecuteScalarAsync(cancellationToken))!);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new HighwaterException(
                    ErrorCodes.PostgresRightMissing,
                    $"User '{server.User}' may not call pg_switch_wal(): the WAL segment waits until it is full.",
                    $"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {PostgresErrors.Quote(server.User)};",
                    e);
            }
        },
        cancellationToken);
}
