using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>A scoped service that only knows how to go away asynchronously.</summary>
internal sealed class ScopedTrace(ConcurrentQueue<string> lines) : IAsyncDisposable
{
    public void Add(string line) => lines.Enqueue(line);

    public bool IsOf(FunctionContext function) =>
        ReferenceEquals(this, function.InstanceServices.GetRequiredService<ScopedTrace>());

    public async ValueTask DisposeAsync()
    {
        await Task.Yield();
        lines.Enqueue("disposed");
    }
}
