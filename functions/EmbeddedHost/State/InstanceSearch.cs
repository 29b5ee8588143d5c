using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.State;

/// <summary>
/// Finds instances by what they are, in the order of their ids, so that a page can go on after the last id.
/// </summary>
internal static class InstanceSearch
{
    public static List<InstanceRow> SearchInstances(
        this StateSession session, OrchestrationQuery filter, string? afterId, int limit) => session.Query(
        $"""
        SELECT {InstanceTable.Columns} FROM instances
        WHERE instance_id > $after
            AND created_at >= $from AND created_at <= $to
            AND substr(instance_id, 1, length($prefix)) = $prefix
            AND ($statuses = '' OR instr($statuses, ',' || status || ',') > 0)
        ORDER BY instance_id LIMIT $limit
        """,
        InstanceTable.ReadInstance,
        ("$after", afterId ?? ""),
        ("$from", filter.CreatedFrom ?? DateTimeOffset.MinValue),
        ("$to", filter.CreatedTo ?? DateTimeOffset.MaxValue),
        ("$prefix", filter.InstanceIdPrefix ?? ""),
        ("$statuses", Numbers(filter.Statuses)),
        ("$limit", limit));

    /// <summary>Ids alone, and by when the instances ended: a limit leaves out those that have not.</summary>
    public static List<string> SearchInstanceIds(
        this StateSession session,
        IEnumerable<OrchestrationRuntimeStatus>? statuses,
        DateTimeOffset? endedFrom,
        DateTimeOffset? endedTo,
        string? afterId,
        int limit) => session.Query(
        $"""
        SELECT instance_id FROM instances
        WHERE instance_id > $after
            AND ($statuses = '' OR instr($statuses, ',' || status || ',') > 0)
            AND ($from IS NULL OR (status IN {InstanceTable.Finished} AND updated_at >= $from))
            AND ($to IS NULL OR (status IN {InstanceTable.Finished} AND updated_at <= $to))
        ORDER BY instance_id LIMIT $limit
        """,
        reader => reader.GetString(0),
        ("$after", afterId ?? ""),
        ("$statuses", Numbers(statuses)),
        ("$from", endedFrom),
        ("$to", endedTo),
        ("$limit", limit));

    // ",1,3,": one parameter for any number of statuses keeps the statement one and the same.
    private static string Numbers(IEnumerable<OrchestrationRuntimeStatus>? statuses)
    {
        var numbers = string.Join(',', (statuses ?? []).Select(status => (int)status));
        return numbers.Length == 0 ? "" : $",{numbers},";
    }
}
