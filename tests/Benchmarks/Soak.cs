using System.Diagnostics;
using System.Runtime.CompilerServices;
using Highwater.EmbeddedHost;
using Highwater.TestKit.Storage;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;

namespace Highwater.Benchmarks;

/// <summary>The embedded host under many orchestrations: how fast, and what stays in memory and in its file.</summary>
internal static class Soak
{
    private const int Parts = 5;
    private const int AtOnce = 20;

    public static async IAsyncEnumerable<string> RunAsync(
        int orchestrations, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var folder = new TempDirectory("soak");
        await using var host = EmbeddedFunctionsHost.Create(
            typeof(SoakFunctions).Assembly,
            new EmbeddedHostOptions { StateDirectory = folder.Path },
            new ConfigurationBuilder().Build());
        await host.StartAsync(cancellationToken);
        yield return $"{orchestrations} orchestrations of 8 activities, {AtOnce} at once, synchronous=FULL";
        var whole = Stopwatch.StartNew();
        for (var part = 1; part <= Parts; part++)
        {
            await RunAsync(host.Client, orchestrations / Parts, cancellationToken);
            using var process = Process.GetCurrentProcess();
            yield return $"  after {part * orchestrations / Parts,6}: heap {Figures.Size(GC.GetTotalMemory(true))}, "
                + $"working set {Figures.Size(process.WorkingSet64)}, state {Figures.Size(Bed.SizeOf(folder.Path))}";
        }

        var rate = orchestrations / whole.Elapsed.TotalSeconds;
        yield return $"  {rate:F1} orchestrations/s, {8 * rate:F0} activities/s";
        var one = Stopwatch.StartNew();
        await RunAsync(host.Client, AtOnce, cancellationToken);
        yield return $"  with all of them finished: {AtOnce / one.Elapsed.TotalSeconds:F1} orchestrations/s";
    }

    private static Task RunAsync(DurableTaskClient client, int count, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (_, token) =>
            {
                var id = await client.ScheduleNewOrchestrationInstanceAsync(nameof(SoakFunctions.FanOut), token);
                await client.WaitForInstanceCompletionAsync(id, token);
            });
}
