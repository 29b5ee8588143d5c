namespace Highwater.EmbeddedHost.State;

/// <summary>The schema, as the list of steps that lead to it. Steps are only ever added.</summary>
internal static class Schema
{
    private static readonly string[] Steps = [FirstSchema, Retention];

    private static readonly List<Dictionary<string, string>> Objects = [.. Build()];

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

    // Finished instances by age, for the purge; the index by status served no statement. With the time in it, the index
    // of one instance's inbox is the better choice wherever both are known.
    private const string Retention = $"""
        DROP INDEX instances_status;
        CREATE INDEX instances_finished ON instances (updated_at) WHERE status IN {InstanceTable.Finished};
        DROP INDEX inbox_instance;
        CREATE INDEX inbox_instance ON inbox (instance_id, visible_at);
        """;

    /// <summary>The version this program writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>What makes this version of the one before.</summary>
    public static string Step(int version) => Steps[version - 1];

    /// <summary>
    /// The version number alone says little of a file that a bad disk has changed. What else is in it, an index that
    /// an operator added for instance, is nobody's business.
    /// </summary>
    /// <exception cref="StateDamagedException">A table or an index is missing, or is another one.</exception>
    public static void EnsureIs(int version, StateSession session)
    {
        if (version < 0)
        {
            throw new StateDamagedException($"it has schema version {version}");
        }

        var found = Read(session);
        foreach (var name in Objects.SelectMany(objects => objects.Keys).Distinct())
        {
            if (found.GetValueOrDefault(name) != Objects[version].GetValueOrDefault(name))
            {
                throw new StateDamagedException($"{name} is not what it is in schema version {version}");
            }
        }
    }

    private static IEnumerable<Dictionary<string, string>> Build()
    {
        using var scratch = StateSession.Open(":memory:");
        yield return [];
        foreach (var step in Steps)
        {
            scratch.Execute(step);
            yield return Read(scratch);
        }
    }

    private static Dictionary<string, string> Read(StateSession session) => session.Query(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL",
        reader => (Name: reader.GetString(0), Sql: reader.GetString(1))).ToDictionary(row => row.Name, row => row.Sql);
}
