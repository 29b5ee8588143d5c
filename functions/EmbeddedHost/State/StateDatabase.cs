using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.State;

/// <summary>
/// The SQLite database of one state directory. One connection, one statement at a time: SQLite has one writer anyway,
/// and the process lock keeps other processes out. A damaged file is set aside and a new one begun: the host's memory
/// of what ran is worth less than a host that runs.
/// </summary>
internal sealed class StateDatabase(TimeProvider time, ILogger<StateDatabase> log) : IDisposable
{
    private readonly Lock _gate = new();
    private StateFiles? _files;
    private CommitFault? _fault;
    private StateSession? _session;

    /// <summary>Opens or creates the database and brings its schema up to date.</summary>
    /// <exception cref="StateUnusableException">It cannot be worked with, and is not damaged either.</exception>
    public void Open(string stateDirectory)
    {
        lock (_gate)
        {
            _fault = CommitFault.FromEnvironment();
            var files = new StateFiles(stateDirectory);
            try
            {
                _session = OpenOrReplace(files);
            }
            catch (Exception e) when (e is SqliteException or UnauthorizedAccessException
                or (IOException and not StateUnusableException))
            {
                throw new StateUnusableException(
                    $"The state file {files.Database} cannot be opened: {e.Message}",
                    $"see that there is room in {stateDirectory} and that this user may write there",
                    e);
            }

            _files = files;
        }
    }

    public T Read<T>(Func<StateSession, T> read)
    {
        lock (_gate)
        {
            return Guarded(read);
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
            return Guarded(session => session.InTransaction(kind, subject, write));
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
            _files = null;
            _session?.Dispose();
            _session = null;
        }
    }

    private T Guarded<T>(Func<StateSession, T> use)
    {
        if (_files is not { } files)
        {
            throw new InvalidOperationException("The embedded host is not running: start it first.");
        }

        try
        {
            _session ??= OpenOrReplace(files);
            return use(_session);
        }
        catch (Exception e) when (_session is { } session && IsSpent(session, e))
        {
            // Whoever asked is told, and asks again. The next use opens the file and looks through all of it.
            StateLog.OpenedAnew(log, files.Database, e);
            session.Abandon();
            _session = null;
            throw;
        }
    }

    // A transaction that could not even be rolled back ends with its connection.
    private static bool IsSpent(StateSession session, Exception e) =>
        StateDamagedException.IsDamage(e) || session.IsInTransaction;

    private StateSession OpenOrReplace(StateFiles files)
    {
        try
        {
            return StateOpening.Open(files, _fault, log);
        }
        catch (Exception e) when (StateDamagedException.IsDamage(e))
        {
            var kept = files.SetAside(time.GetUtcNow());
            StateLog.SetAside(log, files.Database, kept, e.Message);
            return StateOpening.Open(files, _fault, log);
        }
    }
}
