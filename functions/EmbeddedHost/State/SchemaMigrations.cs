using Microsoft.Extensions.Logging;

namespace Highwater.EmbeddedHost.State;

/// <summary>
/// Brings the schema up to date. A database records which steps it has taken; a newer program takes the rest, each in
/// a transaction of its own, after it has made a copy.
/// </summary>
internal static class SchemaMigrations
{
    /// <exception cref="StateUnusableException">A newer program has written the database.</exception>
    /// <exception cref="StateDamagedException">The schema is not the one its version has.</exception>
    public static void Apply(StateSession session, StateFiles files, ILogger log)
    {
        var version = VersionOf(session);
        if (version > Schema.Version)
        {
            throw new StateUnusableException(
                $"The state file {files.Database} has schema version {version}; this program knows versions up to "
                + $"{Schema.Version}.",
                "run the version of the program that wrote it, or a newer one; or move the file away: unfinished "
                + "orchestrations are then forgotten");
        }

        Schema.EnsureIs(version, session);
        if (version > 0 && version < Schema.Version)
        {
            var copy = files.CopyBefore(Schema.Version);
            StateLog.Migrating(log, files.Database, version, Schema.Version, copy);
            Copy(session, copy);
            files.KeepNewestCopies();
        }

        for (var next = version + 1; next <= Schema.Version; next++)
        {
            Take(session, next);
        }

        // A database of version 1 could only grow; pages can be given back from now on. Looked at every time: the
        // steps are committed already, and a kill or a full disk may have come in between.
        if (session.Scalar<long>("PRAGMA auto_vacuum") == 0)
        {
            session.Execute("PRAGMA auto_vacuum = INCREMENTAL");
            session.Execute("VACUUM");
        }
    }

    internal static void Take(StateSession session, int version) =>
        session.InTransaction(CommitKind.Schema, $"{version}", transaction =>
        {
            transaction.Execute(Schema.Step(version));
            return transaction.Execute(
                "INSERT INTO schema_version (version) VALUES ($version)", ("$version", version));
        });

    private static int VersionOf(StateSession session)
    {
        session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        return StateDamagedException.Checked(
            () => (int)session.Scalar<long>("SELECT max(version) FROM schema_version"));
    }

    private static void Copy(StateSession session, string target)
    {
        var unfinished = target + ".new";
        File.Delete(unfinished);
        session.Execute("VACUUM INTO $target", ("$target", unfinished));
        using (var file = new FileStream(unfinished, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, target, overwrite: true);
    }
}
