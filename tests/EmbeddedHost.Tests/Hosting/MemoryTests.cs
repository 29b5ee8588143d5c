namespace Highwater.EmbeddedHost.Tests.Hosting;

/// <summary>Alone in the process: the heap is everybody's.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    [Fact]
    public async Task Orchestrations_that_have_ended_leave_nothing_in_memory()
    {
        await using var host = await TestHost.StartNewAsync();
        host.Script.Work = (input, _) => Task.FromResult<string?>(input);
        host.Script.Main = async context =>
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(
                i => context.CallActivityAsync<string>("Work", $"{context.InstanceId} {i}")));
            return null;
        };
        var heap = new List<long>();
        for (var third = 0; third < 3; third++)
        {
            for (var batch = 0; batch < 6; batch++)
            {
                var started = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => host.StartMainAsync()));
                await Task.WhenAll(started.Select(host.EndOfAsync));
            }

            host.Log.Clear();
            heap.Add(GC.GetTotalMemory(forceFullCollection: true));
        }

        // 480 activities of a third would leave several hundred kilobytes if each kept only its row.
        Assert.InRange(heap[2], 0, heap[1] + 256_000);
    }
}
