using System.Runtime.CompilerServices;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Client;

/// <summary>Instances page by page. The continuation token is the last id of the page before.</summary>
internal sealed class InstancePages(StateDatabase database, OrchestrationQuery filter)
    : AsyncPageable<OrchestrationMetadata>
{
    public override async IAsyncEnumerable<Page<OrchestrationMetadata>> AsPages(
        string? continuationToken = null, int? pageSizeHint = null)
    {
        await foreach (var page in Pages(continuationToken ?? filter.ContinuationToken, pageSizeHint))
        {
            yield return page;
        }
    }

    private async IAsyncEnumerable<Page<OrchestrationMetadata>> Pages(
        string? after, int? pageSizeHint, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var size = Math.Max(1, pageSizeHint ?? filter.PageSize);
        var more = true;
        while (more)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = database.Read(session => session.SearchInstances(filter, after, size + 1));
            more = rows.Count > size;
            var shown = rows.Take(size).Select(row => row.ToMetadata(filter.FetchInputsAndOutputs)).ToList();
            after = shown.Count > 0 ? shown[^1].InstanceId : after;
            yield return new Page<OrchestrationMetadata>(shown, more ? after : null);
            await Task.Yield();
        }
    }
}
