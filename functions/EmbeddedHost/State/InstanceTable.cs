using Microsoft.Data.Sqlite;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.State;

internal static class InstanceTable
{
    internal const string Columns = """
        instance_id, execution_id, name, status, input, output, custom_status, failure, tags, created_at, updated_at,
        parent_name, parent_instance_id, parent_execution_id, parent_task_id
        """;

    /// <summary>The statuses of <see cref="InstanceRow.IsFinished"/>: Completed, Failed, Terminated.</summary>
    internal const string Finished = "(1, 3, 5)";

    public static InstanceRow? FindInstance(this StateSession session, string instanceId) =>
        session.Query(
            $"SELECT {Columns} FROM instances WHERE instance_id = $id", ReadInstance, ("$id", instanceId))
            .SingleOrDefault();

    public static void AddInstance(this StateSession session, InstanceRow row) => session.Execute(
        $"""
        INSERT INTO instances ({Columns})
        VALUES ($id, $execution, $name, $status, $input, NULL, NULL, NULL, $tags, $created, $updated,
            $parentName, $parent, $parentExecution, $parentTask)
        """,
        ("$id", row.InstanceId),
        ("$execution", row.ExecutionId),
        ("$name", row.Name),
        ("$status", row.Status),
        ("$input", row.Input),
        ("$tags", row.Tags),
        ("$created", row.CreatedAt),
        ("$updated", row.UpdatedAt),
        ("$parentName", row.Parent?.Name),
        ("$parent", row.Parent?.InstanceId),
        ("$parentExecution", row.Parent?.ExecutionId),
        ("$parentTask", row.Parent?.TaskId));

    /// <summary>
    /// Writes the state after a run of the code, unless the instance has ended or begun anew meanwhile. A suspension
    /// that came meanwhile stays.
    /// </summary>
    /// <returns>False when the run no longer counts.</returns>
    public static bool UpdateInstance(this StateSession session, InstanceRow row) => session.Execute(
        $"""
        UPDATE instances SET
            status = CASE WHEN status = 7 AND $status = 0 THEN 7 ELSE $status END,
            output = CASE WHEN status = 7 AND $status = 0 THEN output ELSE $output END,
            custom_status = $custom, failure = $failure, updated_at = $updated
        WHERE instance_id = $id AND execution_id = $execution AND status NOT IN {Finished}
        """,
        ("$id", row.InstanceId),
        ("$execution", row.ExecutionId),
        ("$status", row.Status),
        ("$output", row.Output),
        ("$custom", row.CustomStatus),
        ("$failure", row.Failure),
        ("$updated", row.UpdatedAt)) == 1;

    /// <summary>Gives the instance a new execution with an empty history (continue as new).</summary>
    public static void RenewInstance(
        this StateSession session, InstanceRow row, string executionId, string? input) => session.Execute(
        """
        UPDATE instances SET execution_id = $new, input = $input, created_at = $now, updated_at = $now
        WHERE instance_id = $id
        """,
        ("$id", row.InstanceId),
        ("$new", executionId),
        ("$input", input),
        ("$now", row.UpdatedAt));

    public static bool SetStatus(
        this StateSession session,
        string instanceId,
        OrchestrationRuntimeStatus status,
        string? output,
        DateTimeOffset now) => session.Execute(
        $"""
        UPDATE instances SET status = $status, output = $output, updated_at = $now
        WHERE instance_id = $id AND status NOT IN {Finished}
        """,
        ("$id", instanceId),
        ("$status", status),
        ("$output", output),
        ("$now", now)) == 1;

    /// <summary>Lets a finished instance run again, without the outcome that it had.</summary>
    public static void ReviveInstance(this StateSession session, string instanceId, DateTimeOffset now) =>
        session.Execute(
            "UPDATE instances SET status = 0, output = NULL, failure = NULL, updated_at = $now WHERE instance_id = $id",
            ("$id", instanceId),
            ("$now", now));

    public static List<string> ChildrenOf(this StateSession session, string instanceId) => session.Query(
        "SELECT instance_id FROM instances WHERE parent_instance_id = $id",
        reader => reader.GetString(0),
        ("$id", instanceId));

    /// <summary>Removes the instance with its history, inbox and activities.</summary>
    public static void RemoveInstance(this StateSession session, string instanceId) =>
        session.Execute("DELETE FROM instances WHERE instance_id = $id", ("$id", instanceId));

    /// <summary>The instances that ended longest ago, if before that time.</summary>
    public static List<string> FinishedBefore(this StateSession session, DateTimeOffset before, int limit) =>
        session.Query(
            $"""
            SELECT instance_id FROM instances
            WHERE status IN {Finished} AND updated_at < $before ORDER BY updated_at LIMIT $limit
            """,
            reader => reader.GetString(0),
            ("$before", before),
            ("$limit", limit));

    internal static InstanceRow ReadInstance(SqliteDataReader reader) =>
        new(reader.GetString(0), reader.GetString(1), reader.GetString(2))
        {
            Status = (OrchestrationRuntimeStatus)reader.GetInt64(3),
            Input = reader.Text(4),
            Output = reader.Text(5),
            CustomStatus = reader.Text(6),
            Failure = reader.Text(7),
            Tags = reader.Text(8),
            CreatedAt = reader.Time(9),
            UpdatedAt = reader.Time(10),
            Parent = reader.IsDBNull(12) || reader.IsDBNull(14)
                ? null
                : new ParentRow(reader.GetString(11), reader.GetString(12), reader.GetString(13), reader.GetInt32(14)),
        };
}
