using System.Reflection;
using System.Runtime.Loader;
using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Tests.Sample;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.EmbeddedHost.Tests.Functions;

public sealed class FunctionIndexTests
{
    // Reflection answers for the first time here, and only then can two threads get different answers.
    private const int Assemblies = 40;
    private const int HostsAtATime = 4;

    [Fact]
    public void Hosts_that_index_one_app_at_a_time_all_find_its_triggers()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var invoker = new FunctionInvoker(services);
        for (var i = 0; i < Assemblies; i++)
        {
            var fresh = new AssemblyLoadContext(name: null, isCollectible: true);
            foreach (var index in IndexAtATime(fresh.LoadFromAssemblyPath(typeof(TestHost).Assembly.Location)))
                Assert.Equal(1, CountBoundTriggers(invoker, index.Find(nameof(BindingFunctions.Order))!));
            fresh.Unload();
        }
    }

    private static FunctionIndex[] IndexAtATime(Assembly app)
    {
        var indexes = new FunctionIndex[HostsAtATime];
        using var start = new Barrier(HostsAtATime);
        var threads = Enumerable.Range(0, HostsAtATime).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            indexes[i] = new FunctionIndex(app);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return indexes;
    }

    private static int CountBoundTriggers(FunctionInvoker invoker, FunctionEntry entry)
    {
        var triggers = 0;
        using var invocation = invoker.Begin(
            entry,
            (parameter, _) =>
            {
                triggers += parameter == entry.TriggerParameter ? 1 : 0;
                return null;
            },
            new Dictionary<string, object?>(),
            CancellationToken.None);
        // It gets no context, and says so; what it would do with one is not asked here.
        Assert.Throws<NullReferenceException>(invocation.Start);
        return triggers;
    }
}
