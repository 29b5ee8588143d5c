using Npgsql;
using Npgsql.Replication;

namespace Highwater.Engine.Postgres;

/// <summary>Opens connections whose every failure is a named error. None is pooled: queries are few, servers
/// restart.</summary>
public static class PostgresConnection
{
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan QueryDeadline = TimeSpan.FromSeconds(60);

    /// <summary>Opens a connection, hands it to <paramref name="use"/> and closes it.</summary>
    /// <exception cref="Errors.HighwaterException">
    /// Anything that failed on the way to the server or in <paramref name="use"/>, translated by <see
    /// cref="PostgresErrors"/>.
    /// </exception>
    public static async Task<T> UseAsync<T>(
        PostgresOptions server, Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(StringFor(server));
            await connection.OpenAsync(cancellationToken);
            return await use(connection);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw PostgresErrors.Translate(e, server);
        }
    }

    /// <summary>
    /// Opens a connection in replication mode, as pg_basebackup does, and asks who is there (IDENTIFY_SYSTEM;
    /// documentation, "Streaming Replication Protocol"). It fails where a base backup would: right, pg_hba.conf,
    /// max_wal_senders.
    /// </summary>
    /// <exception cref="Errors.HighwaterException">As in <see cref="UseAsync"/>.</exception>
    public static async Task<SystemIdentifier> IdentifySystemAsync(
        PostgresOptions server, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenReplicationAsync(server, cancellationToken);
            var system = await connection.IdentifySystem(cancellationToken);
            return SystemIdentifier.Parse(system.SystemId);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw PostgresErrors.Translate(e, server);
        }
    }

    /// <summary>Opens a connection in replication mode for a caller who translates what it throws.</summary>
    internal static async Task<PhysicalReplicationConnection> OpenReplicationAsync(
        PostgresOptions server, CancellationToken cancellationToken)
    {
        var connection = new PhysicalReplicationConnection(StringFor(server));
        try
        {
            await connection.Open(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static string StringFor(PostgresOptions server) => new NpgsqlConnectionStringBuilder
    {
        Host = server.Host,
        Port = server.Port,
        Database = server.Database,
        Username = server.User,
        Password = server.Password,
        ApplicationName = "highwater",
        Pooling = false,
        Timeout = (int)ConnectDeadline.TotalSeconds,
        CommandTimeout = (int)QueryDeadline.TotalSeconds,
        TcpKeepAlive = true,
    }.ConnectionString;
}
