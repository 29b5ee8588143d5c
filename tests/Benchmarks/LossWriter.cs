using Highwater.TestKit.Postgres;
using Npgsql;

namespace Highwater.Benchmarks;

/// <summary>Commits the time every few milliseconds until the server is gone, and remembers what it was told is
/// committed.</summary>
internal sealed class LossWriter
{
    public const string Table = "moments";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Task<DateTime> _writing;

    public LossWriter(PostgresServer server) => _writing = WriteAsync(server);

    /// <summary>Waits for the end of the server, and gives the last time that was committed.</summary>
    public Task<DateTime> StopAsync() => _writing;

    private static async Task<DateTime> WriteAsync(PostgresServer server)
    {
        var committed = DateTime.MinValue;
        try
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync();
            await using var insert = new NpgsqlCommand(
                $"INSERT INTO {Table} VALUES (clock_timestamp()) RETURNING at", connection);
            while (true)
            {
                committed = (DateTime)(await insert.ExecuteScalarAsync())!;
                await Task.Delay(Pause);
            }
        }
        catch (NpgsqlException)
        {
            return committed; // The server was killed: that is what ends it.
        }
    }
}
