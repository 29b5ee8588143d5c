namespace Highwater.EmbeddedHost.State;

internal static class InboxTable
{
    /// <summary>
    /// What the instance may handle now, in the order it came. Its start comes first, whatever overtook it. A timer
    /// came when it was due: before what was sent later, though a suspension may have kept the instance from both.
    /// </summary>
    public static List<Message> ReadInbox(this StateSession session, string instanceId, DateTimeOffset now) =>
        session.Query(
            """
            SELECT id, kind, at, task_id, name, data FROM inbox AS message
            WHERE instance_id = $id AND visible_at <= $now
            ORDER BY kind <> 2,
                CASE WHEN kind = 31 THEN coalesce((
                    SELECT min(id) FROM inbox
                    WHERE instance_id = $id AND visible_at = 1 AND at >= message.visible_at), 1 << 62)
                WHEN visible_at < 1 THEN 0
                ELSE id END,
                kind <> 31, visible_at, id
            """,
            reader => new Message(reader.GetInt64(0), new HistoryEvent((EventKind)reader.GetInt32(1), reader.Time(2))
            {
                TaskId = reader.IsDBNull(3) ? null : reader.GetInt32(3),
                Name = reader.Text(4),
                Data = reader.Text(5),
            }),
            ("$id", instanceId),
            ("$now", now));

    /// <param name="session">The transaction.</param>
    /// <param name="instanceId">Whose inbox.</param>
    /// <param name="entry">What happens to it.</param>
    /// <param name="visibleAt">Not before this time; at once when null.</param>
    public static void Post(
        this StateSession session, string instanceId, HistoryEvent entry, DateTimeOffset? visibleAt = null) =>
        session.Execute(
            """
            INSERT INTO inbox (instance_id, visible_at, kind, at, task_id, name, data)
            VALUES ($id, $visible, $kind, $at, $task, $name, $data)
            """,
            ("$id", instanceId),
            ("$visible", visibleAt?.UtcTicks ?? 1),
            ("$kind", entry.Kind),
            ("$at", entry.At),
            ("$task", entry.TaskId),
            ("$name", entry.Name),
            ("$data", entry.Data));

    /// <summary>Posts an answer to a call, unless the execution that made the call is over.</summary>
    /// <returns>Whether anybody is there to read it.</returns>
    public static bool PostAnswer(
        this StateSession session, string instanceId, string executionId, HistoryEvent entry)
    {
        var instance = session.FindInstance(instanceId);
        if (instance is null || instance.IsFinished || instance.ExecutionId != executionId)
        {
            return false;
        }

        session.Post(instanceId, entry);
        return true;
    }

    public static void RemoveMessage(this StateSession session, long id) =>
        session.Execute("DELETE FROM inbox WHERE id = $id", ("$id", id));

    public static void ClearInbox(this StateSession session, string instanceId) =>
        session.Execute("DELETE FROM inbox WHERE instance_id = $id", ("$id", instanceId));

    /// <summary>Removes everything but external events: answers to calls of an execution that is over.</summary>
    public static void ClearAnswers(this StateSession session, string instanceId) => session.Execute(
        "DELETE FROM inbox WHERE instance_id = $id AND kind <> $raised",
        ("$id", instanceId),
        ("$raised", EventKind.EventRaised));

    // Made distinct here: asked to do it, SQLite reads the whole index of instances instead of the few that are due.
    public static List<string> InstancesWithMail(this StateSession session, DateTimeOffset now) =>
    [
        .. session.Query(
            "SELECT instance_id FROM inbox WHERE visible_at <= $now",
            reader => reader.GetString(0),
            ("$now", now)).Distinct(),
    ];

    public static DateTimeOffset? NextDelivery(this StateSession session, DateTimeOffset now) => session.Query(
        "SELECT min(visible_at) FROM inbox WHERE visible_at > $now",
        reader => reader.OptionalTime(0),
        ("$now", now)).Single();
}
