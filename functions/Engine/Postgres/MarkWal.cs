using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>
/// Writes a record of a few bytes into the WAL and closes the segment it is in, so that even an idle server has
/// something to archive. The record is a transaction of its own (pg_logical_emit_message(), open to PUBLIC;
/// documentation, "Replication Management Functions"); nothing reads it, and no table changes.
/// </summary>
public sealed class MarkWal(PostgresOptions server)
{
    /// <returns>The segment that is closed now and holds the record, or a later one.</returns>
    /// <exception cref="Errors.HighwaterException">As <see cref="SwitchWal"/>.</exception>
    public async Task<WalSegmentName> RunAsync(CancellationToken cancellationToken)
    {
        await AskAsync("SELECT pg_logical_emit_message(true, 'highwater', 'check')", cancellationToken);
        var end = await new SwitchWal(server).RunAsync(cancellationToken);

        // Versions differ in the file they name for a position between two segments: ask for the byte before it.
        var last = new Lsn(end.Value - 1);
        return WalSegmentName.Parse(
            (string)(await AskAsync($"SELECT pg_walfile_name('{last}')", cancellationToken))!);
    }

    private Task<object?> AskAsync(string query, CancellationToken cancellationToken) => PostgresConnection.UseAsync(
        server,
        async connection =>
        {
            await using var command = new NpgsqlCommand(query, connection);
            return await command.ExecuteScalarAsync(cancellationToken);
        },
        cancellationToken);
}
