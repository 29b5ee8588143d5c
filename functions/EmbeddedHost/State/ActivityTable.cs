namespace Highwater.EmbeddedHost.State;

internal static class ActivityTable
{
    public static List<long> ReadActivityIds(this StateSession session) =>
        session.Query("SELECT id FROM activities ORDER BY id", reader => reader.GetInt64(0));

    public static ActivityRow? FindActivity(this StateSession session, long id) => session.Query(
        "SELECT instance_id, execution_id, task_id, name, input FROM activities WHERE id = $id",
        reader => new ActivityRow(
            id, reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetString(3), reader.Text(4)),
        ("$id", id)).SingleOrDefault();

    public static long AddActivity(
        this StateSession session, string instanceId, string executionId, HistoryEvent scheduled) =>
        session.Scalar<long>(
            """
            INSERT INTO activities (instance_id, execution_id, task_id, name, input)
            VALUES ($instance, $execution, $task, $name, $input) RETURNING id
            """,
            ("$instance", instanceId),
            ("$execution", executionId),
            ("$task", scheduled.TaskId),
            ("$name", scheduled.Name),
            ("$input", scheduled.Data));

    /// <returns>False when it is not there any more: its result no longer counts.</returns>
    public static bool RemoveActivity(this StateSession session, long id) =>
        session.Execute("DELETE FROM activities WHERE id = $id", ("$id", id)) == 1;

    public static void ClearActivities(this StateSession session, string instanceId) =>
        session.Execute("DELETE FROM activities WHERE instance_id = $id", ("$id", instanceId));
}
