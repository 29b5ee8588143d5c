namespace Highwater.EmbeddedHost.State;

internal static class HistoryTable
{
    public static List<HistoryEvent> ReadHistory(this StateSession session, string instanceId) => session.Query(
        """
        SELECT kind, at, task_id, name, data, target, fire_at FROM history
        WHERE instance_id = $id ORDER BY sequence
        """,
        reader => new HistoryEvent((EventKind)reader.GetInt32(0), reader.Time(1))
        {
            TaskId = reader.IsDBNull(2) ? null : reader.GetInt32(2),
            Name = reader.Text(3),
            Data = reader.Text(4),
            Target = reader.Text(5),
            FireAt = reader.OptionalTime(6),
        },
        ("$id", instanceId));

    public static void AppendHistory(this StateSession session, string instanceId, HistoryEvent entry) =>
        session.Execute(
            """
            INSERT INTO history (instance_id, sequence, kind, at, task_id, name, data, target, fire_at)
            SELECT $id, coalesce(max(sequence), 0) + 1, $kind, $at, $task, $name, $data, $target, $fireAt
            FROM history WHERE instance_id = $id
            """,
            ("$id", instanceId),
            ("$kind", entry.Kind),
            ("$at", entry.At),
            ("$task", entry.TaskId),
            ("$name", entry.Name),
            ("$data", entry.Data),
            ("$target", entry.Target),
            ("$fireAt", entry.FireAt));

    public static void ClearHistory(this StateSession session, string instanceId) =>
        session.Execute("DELETE FROM history WHERE instance_id = $id", ("$id", instanceId));
}
