using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>
/// Forgets the finished instances that a filter names, a few at a time: the database has other work in between.
/// </summary>
internal sealed class InstancePurge(StateDatabase database, TimeProvider time)
{
    private const int BatchSize = 100;

    private static readonly OrchestrationRuntimeStatus[] Finished =
    [
        OrchestrationRuntimeStatus.Completed,
        OrchestrationRuntimeStatus.Failed,
        OrchestrationRuntimeStatus.Terminated,
    ];

    public async Task<PurgeResult> RunAsync(
        PurgeInstancesFilter filter, bool recursive, CancellationToken cancellation)
    {
        if (filter.Timeout <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                nameof(filter), filter.Timeout, "PurgeInstancesFilter.Timeout must be a positive TimeSpan.");
        }

        var named = filter.Statuses?.ToList() is { Count: > 0 } given ? given : [.. Finished];
        var query = new OrchestrationQuery(filter.CreatedFrom, filter.CreatedTo, named);
        var started = time.GetTimestamp();
        var purged = 0;
        string? last = null;
        while (filter.Timeout is not { } longest || time.GetElapsedTime(started) < longest)
        {
            cancellation.ThrowIfCancellationRequested();
            var (count, ids) = database.Write(
                CommitKind.Purge, "*", session => Purge(session, query, last, recursive));
            purged += count;
            if (ids.Count < BatchSize)
            {
                return new PurgeResult(purged, isComplete: true);
            }

            last = ids[^1];
            await Task.Yield();
        }

        return new PurgeResult(purged, isComplete: false);
    }

    private static (int Purged, List<string> Ids) Purge(
        StateSession session, OrchestrationQuery query, string? after, bool recursive)
    {
        var ids = session.SearchInstances(query, after, BatchSize).ConvertAll(row => row.InstanceId);
        return (ids.Sum(id => session.Purge(id, recursive)), ids);
    }
}
