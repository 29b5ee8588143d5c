using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.State;

/// <summary>Opens the database of a state directory, or makes it, and vouches for what is in it.</summary>
internal static class StateOpening
{
    /// <exception cref="StateDamagedException">It is damaged; so says a SqliteException with CORRUPT, too.</exception>
    /// <exception cref="StateUnusableException">A newer program has written it.</exception>
    public static StateSession Open(StateFiles files, CommitFault? fault, ILogger log)
    {
        var found = files.Exist;
        if (found && !files.HaveHeader)
        {
            throw new StateDamagedException("it does not begin as a SQLite database does");
        }

        var session = StateSession.Open(files.Database, fault);
        try
        {
            if (found)
            {
                EnsureSound(session);
            }

            Configure(session);
            SchemaMigrations.Apply(session, files, log);
            EnsureWritable(session);
            return session;
        }
        catch
        {
            session.Abandon();
            throw;
        }
    }

    // The full check, not quick_check, which leaves out whether indexes and tables agree: that they do not is how the
    // loss of a part of the log shows. The file is small: history is purged.
    private static void EnsureSound(StateSession session)
    {
        var found = StateDamagedException.Checked(() => session.Scalar<string>("PRAGMA integrity_check(1)"));
        if (found != "ok")
        {
            throw new StateDamagedException($"SQLite's integrity check says: {found}");
        }

        if (session.Query("PRAGMA foreign_key_check", reader => reader.GetString(0)) is [var table, ..])
        {
            throw new StateDamagedException($"the table {table} has rows of instances that are not there");
        }
    }

    // A file of somebody else opens well, for reading.
    private static void EnsureWritable(StateSession session)
    {
        session.Execute("BEGIN IMMEDIATE");
        session.Execute("ROLLBACK");
    }

    private static void Configure(StateSession session)
    {
        // Only heard by a database without tables. An older one is rebuilt by its migration.
        session.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        session.Execute("PRAGMA journal_mode = WAL");

        // FULL: a step reported as done survives a power cut, not only a killed process.
        session.Execute("PRAGMA synchronous = FULL");
        session.Execute("PRAGMA foreign_keys = ON");

        // The log is used again from its start after every checkpoint (1000 pages, SQLite's default); what one large
        // transaction made of it is cut off then.
        session.Execute("PRAGMA journal_size_limit = 8388608");
    }
}
