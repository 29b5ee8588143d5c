using Microsoft.Data.Sqlite;

namespace Highwater.EmbeddedHost.State;

/// <summary>Runs statements on the one connection. Statements are compiled once and kept.</summary>
internal sealed class StateSession(SqliteConnection connection, CommitFault? fault) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    /// <summary>All of it or nothing of it, durable on return.</summary>
    public T InTransaction<T>(CommitKind kind, string subject, Func<StateSession, T> write)
    {
        Execute("BEGIN IMMEDIATE");
        T result;
        try
        {
            result = write(this);
            fault?.BeforeCommit(kind, subject);
            Execute("COMMIT");
        }
        catch
        {
            Execute("ROLLBACK");
            throw;
        }

        fault?.AfterCommit(kind, subject);
        return result;
    }

    /// <returns>The number of rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Prepare(sql, parameters).ExecuteNonQuery();

    public T? Scalar<T>(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Prepare(sql, parameters).ExecuteScalar() is T value ? value : default;

    public List<T> Query<T>(
        string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var reader = Prepare(sql, parameters).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this folder; values go in as parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            _commands.Add(sql, command);
        }

        command.Parameters.Clear();
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, Stored(value));
        }

        return command;
    }

    private static object Stored(object? value) => value switch
    {
        null => DBNull.Value,
        DateTimeOffset time => time.UtcTicks,
        Enum constant => Convert.ToInt64(constant, null),
        _ => value,
    };
}
