using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Highwater.EmbeddedHost.State;

/// <summary>Runs statements on the one connection. Statements are compiled once and kept.</summary>
internal sealed class StateSession(SqliteConnection connection, CommitFault? fault) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    /// <summary>Every statement that was run so far, once.</summary>
    public IReadOnlyCollection<string> Statements => _commands.Keys;

    /// <summary>SQLite may end a transaction by itself when it fails, as on a full disk.</summary>
    public bool IsInTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    public static StateSession Open(string path, CommitFault? fault = null)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
        }.ToString());
        connection.Open();
        return new StateSession(connection, fault);
    }

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
        catch when (IsInTransaction)
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

    /// <summary>Pages of the file that nothing is in.</summary>
    public long FreePages() => Scalar<long>("PRAGMA freelist_count");

    /// <summary>Makes the file smaller by some of its free pages, in a transaction of its own.</summary>
    public int GiveBackPages(int count) => Execute($"PRAGMA incremental_vacuum({count})");

    /// <summary>
    /// Closes without the usual last checkpoint: a damaged database is to be kept as it was found, log included.
    /// </summary>
    public void Abandon()
    {
        raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        Dispose();
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
