using Microsoft.Extensions.Hosting;

namespace Highwater.EmbeddedHost.Hosting;

/// <summary>Lives and ends as the code around it says, and leaves the signals of the process to that code.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
