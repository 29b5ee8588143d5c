using Microsoft.Extensions.Hosting;

namespace Highwater.EmbeddedHost.Http;

/// <summary>The web server lives and ends with the host around it: it listens to no signals of its own.</summary>
internal sealed class InnerLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
