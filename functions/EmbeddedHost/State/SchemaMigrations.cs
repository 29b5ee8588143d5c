namespace Highwater.EmbeddedHost.State;

/// <summary>
/// The schema, as the list of steps that lead to it. A database records how many it has taken; a new version of the
/// program takes the rest, each in its own transaction. Steps are only ever added.
/// </summary>
internal static class SchemaMigrations
{
    private static readonly string[] Steps = [FirstSchema];

    private const string FirstSchema = """
        CREATE TABLE instances (
            instance_id TEXT NOT NULL PRIMARY KEY,
            execution_id TEXT NOT NULL,
            name TEXT NOT NULL,
            status INTEGER NOT NULL,
            input TEXT, output TEXT, custom_status TEXT, failure TEXT, tags TEXT,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            parent_name TEXT, parent_instance_id TEXT, parent_execution_id TEXT, parent_task_id INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX instances_status ON instances (status, created_at);
        CREATE INDEX instances_parent ON instances (parent_instance_id) WHERE parent_instance_id IS NOT NULL;

        CREATE TABLE history (
            instance_id TEXT NOT NULL REFERENCES instances ON DELETE CASCADE,
            sequence INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            at INTEGER NOT NULL,
            task_id INTEGER, name TEXT, data TEXT, target TEXT, fire_at INTEGER,
            PRIMARY KEY (instance_id, sequence)
        ) WITHOUT ROWID;

        -- visible_at is 1 for what may be handled at once: immediate work must not depend on the wall clock.
        CREATE TABLE inbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL REFERENCES instances ON DELETE CASCADE,
            visible_at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            at INTEGER NOT NULL,
            task_id INTEGER, name TEXT, data TEXT
        );
        CREATE INDEX inbox_instance ON inbox (instance_id);
        CREATE INDEX inbox_visible ON inbox (visible_at);

        CREATE TABLE activities (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL REFERENCES instances ON DELETE CASCADE,
            execution_id TEXT NOT NULL,
            task_id INTEGER NOT NULL,
            name TEXT NOT NULL,
            input TEXT
        );
        CREATE INDEX activities_instance ON activities (instance_id);

        CREATE TABLE schedules (
            function TEXT NOT NULL PRIMARY KEY,
            last INTEGER NOT NULL,
            next INTEGER NOT NULL,
            updated INTEGER NOT NULL
        ) WITHOUT ROWID;
        """;

    /// <exception cref="InvalidOperationException">A newer program has written the database.</exception>
    public static void Apply(StateSession session)
    {
        session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        var taken = session.Scalar<long>("SELECT max(version) FROM schema_version");
        if (taken > Steps.Length)
        {
            throw new InvalidOperationException(
                $"The state database has schema version {taken}, this program knows versions up to {Steps.Length}. "
                + "Run the program that wrote it, or a newer one.");
        }

        for (var step = taken; step < Steps.Length; step++)
        {
            session.InTransaction(CommitKind.Schema, $"{step + 1}", transaction =>
            {
                transaction.Execute(Steps[step]);
                return transaction.Execute(
                    "INSERT INTO schema_version (version) VALUES ($version)", ("$version", step + 1));
            });
        }
    }
}
