using Microsoft.Data.Sqlite;

namespace Highwater.EmbeddedHost.State;

/// <summary>
/// The SQLite database of one state directory. One connection, one statement at a time: SQLite has one writer anyway,
/// and the process lock keeps other processes out.
/// </summary>
internal sealed class StateDatabase : IDisposable
{
    private readonly Lock _gate = new();
    private StateSession? _session;

    /// <summary>Opens or creates the database and brings its schema up to date.</summary>
    public void Open(string stateDirectory)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(stateDirectory, "state.db"),
            Pooling = false,
        }.ToString());
        connection.Open();
        var session = new StateSession(connection);

        // FULL: a step reported as done survives a power cut, not only a killed process.
        session.Execute("PRAGMA journal_mode = WAL");
        session.Execute("PRAGMA synchronous = FULL");
        session.Execute("PRAGMA foreign_keys = ON");
        SchemaMigrations.Apply(session);
        _session = session;
    }

    public T Read<T>(Func<StateSession, T> read)
    {
        lock (_gate)
        {
            return read(Session);
        }
    }

    /// <summary>All of it or nothing of it, durable on return.</summary>
    public T Write<T>(Func<StateSession, T> write)
    {
        lock (_gate)
        {
            return InTransaction(Session, write);
        }
    }

    public void Write(Action<StateSession> write) => Write(session =>
    {
        write(session);
        return 0;
    });

    public void Dispose()
    {
        lock (_gate)
        {
            _session?.Dispose();
            _session = null;
        }
    }

    internal static T InTransaction<T>(StateSession session, Func<StateSession, T> write)
    {
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = write(session);
            session.Execute("COMMIT");
            return result;
        }
        catch
        {
            session.Execute("ROLLBACK");
            throw;
        }
    }

    private StateSession Session =>
        _session ?? throw new InvalidOperationException("The embedded host is not running: start it first.");
}
