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
        var fault = CommitFault.FromEnvironment();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(stateDirectory, "state.db"),
            Pooling = false,
        }.ToString());
        connection.Open();
        var session = new StateSession(connection, fault);

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
    /// <param name="kind">What it does.</param>
    /// <param name="subject">To which function, event or instance.</param>
    /// <param name="write">The statements.</param>
    public T Write<T>(CommitKind kind, string subject, Func<StateSession, T> write)
    {
        lock (_gate)
        {
            return Session.InTransaction(kind, subject, write);
        }
    }

    public void Write(CommitKind kind, string subject, Action<StateSession> write) => Write(kind, subject, session =>
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

    private StateSession Session =>
        _session ?? throw new InvalidOperationException("The embedded host is not running: start it first.");
}
