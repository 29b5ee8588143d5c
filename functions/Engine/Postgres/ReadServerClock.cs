using Npgsql;

namespace Highwater.Engine.Postgres;

/// <summary>Asks the server what time it is: the clock that recovery targets are given in.</summary>
public sealed class ReadServerClock(PostgresOptions server)
{
    /// <exception cref="Errors.HighwaterException">2xx: the server cannot be asked.</exception>
    public Task<DateTimeOffset> RunAsync(CancellationToken cancellationToken) => PostgresConnection.UseAsync(
        server,
        async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT clock_timestamp()", connection);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            return row.GetFieldValue<DateTimeOffset>(0);
        },
        cancellationToken);
}
