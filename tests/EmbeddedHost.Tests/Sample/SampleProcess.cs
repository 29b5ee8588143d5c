using System.Diagnostics;
using Microsoft.DurableTask;
using Microsoft.Extensions.Configuration;

namespace Highwater.EmbeddedHost.Tests.Sample;

/// <summary>
/// A process that runs the crash orchestration over a state directory to its end, and a way to start one.
/// </summary>
internal static class SampleProcess
{
    public const string Verb = "sample-process";

    public static async Task<int> RunAsync(string directory)
    {
        await using var host = EmbeddedFunctionsHost.Create(
            typeof(SampleProcess).Assembly,
            new EmbeddedHostOptions { StateDirectory = Path.Combine(directory, "state") },
            new ConfigurationBuilder().Build(),
            services => TestHost.AddSampleServices(services, new Script(), new EffectFile(directory)));
        await host.StartAsync();
        if (await host.Client.GetInstanceAsync(CrashFunctions.InstanceId) is null)
        {
            await host.Client.ScheduleNewOrchestrationInstanceAsync(
                nameof(CrashFunctions.CrashOrchestration), new StartOrchestrationOptions(CrashFunctions.InstanceId));
        }

        var ended = await host.Client.WaitForInstanceCompletionAsync(CrashFunctions.InstanceId, true);
        await File.WriteAllTextAsync(Path.Combine(directory, "output"), ended.SerializedOutput);
        return ended.FailureDetails is null ? 0 : 1;
    }

    public static Process Start(string directory)
    {
        var start = new ProcessStartInfo(
            "dotnet", ["exec", typeof(SampleProcess).Assembly.Location, Verb, directory])
        {
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
