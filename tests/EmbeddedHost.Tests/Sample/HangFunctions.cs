using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>A request that is never answered, whatever its function is told.</summary>
internal sealed class HangFunctions(EffectFile effects)
{
    [Function(nameof(Hang))]
    public async Task Hang([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "hang")] HttpRequest request)
    {
        effects.Add("hanging");
        await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
    }
}
