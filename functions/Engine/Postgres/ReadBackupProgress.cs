using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>Asks the server how far a base backup is. A user sees the rows of its own connections without further
/// rights.</summary>
public sealed class ReadBackupProgress(PostgresOptions server)
{
    private const string Query = """
        SELECT p.phase, coalesce(p.backup_streamed, 0), p.backup_total
        FROM pg_stat_progress_basebackup p JOIN pg_stat_activity a USING (pid)
        WHERE a.application_name = $1 AND p.phase IS NOT NULL
        """;

    /// <param name="applicationName">As given to the base backup.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>Null if the server knows no such base backup: not begun yet, or ended.</returns>
    /// <exception cref="Errors.HighwaterException">2xx: the server cannot be asked.</exception>
    public Task<BackupProgress?> RunAsync(string applicationName, CancellationToken cancellationToken) =>
        PostgresConnection.UseAsync(
            server,
            async connection =>
            {
                await using var command = new NpgsqlCommand(Query, connection);
                command.Parameters.Add(new() { Value = applicationName });
                await using var row = await command.ExecuteReaderAsync(cancellationToken);
                if (!await row.ReadAsync(cancellationToken))
                    return null;
                return new BackupProgress(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2));
            },
            cancellationToken);
}
