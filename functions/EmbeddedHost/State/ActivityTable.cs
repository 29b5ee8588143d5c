namespace Highwater.EmbeddedHost.State;

/// <summary>
/// What is scheduled and has no result. There is no lease on a row: the operating system's lock lets one process work
/// on a state directory, and ends with it, so whatever is here when a process starts is nobody's, and in that process
/// an id leaves the queue once. A lease would only make a restart after a crash wait until it ran out.
/// </summary>
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

    /// <returns>
    /// False when it is not there any more: its result no longer counts. The execution is compared because a database
    /// that replaced a damaged one begins with the same ids.
    /// </returns>
    public static bool RemoveActivity(this StateSession session, ActivityRow activity) => session.Execute(
        "DELETE FROM activities WHERE id = $id AND execution_id = $execution",
        ("$id", activity.Id),
        ("$execution", activity.ExecutionId)) == 1;

    /// <summary>Removes one that is not to be read, only to be gone.</summary>
    public static void DropActivity(this StateSession session, long id) =>
        session.Execute("DELETE FROM activities WHERE id = $id", ("$id", id));

    public static string? InstanceOfActivity(this StateSession session, long id) =>
        session.Scalar<string>("SELECT instance_id FROM activities WHERE id = $id", ("$id", id));

    public static void ClearActivities(this StateSession session, string instanceId) =>
        session.Execute("DELETE FROM activities WHERE instance_id = $id", ("$id", instanceId));
}
