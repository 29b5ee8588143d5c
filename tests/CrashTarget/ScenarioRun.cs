using System.Text.Json;
using Highwater.EmbeddedHost;
using Highwater.EmbeddedHost.State;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Highwater.CrashTarget;

/// <summary>Runs a scenario in an embedded host, or what is left of it, and leaves the result beside it.</summary>
public static class ScenarioRun
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Where the result is left, as JSON.</summary>
    public static string ResultPath(string directory) => Path.Combine(directory, "result.json");

    /// <summary>Where the commits of all processes are listed.</summary>
    public static string CommitsPath(string directory) => Path.Combine(directory, "commits");

    public static async Task RunAsync(Scenario scenario, string directory)
    {
        Environment.SetEnvironmentVariable("HIGHWATER_CRASH_LOG", CommitsPath(directory));
        var clock = new VirtualClock(directory);
        await using var host = EmbeddedFunctionsHost.Create(
            typeof(ScenarioRun).Assembly,
            new EmbeddedHostOptions { StateDirectory = Path.Combine(directory, "state"), TimeProvider = clock.Time },
            new ConfigurationBuilder().Build(),
            services => services.AddSingleton(scenario).AddSingleton(clock)
                .AddSingleton(new EffectStore(directory)).AddSingleton<Stage>());
        await host.StartAsync();
        var ended = await EndOfAsync(scenario, host, clock);
        File.WriteAllText(ResultPath(directory), JsonSerializer.Serialize(new ScenarioResult(
            ended.RuntimeStatus.ToString(),
            ended.SerializedOutput,
            ended.SerializedCustomStatus,
            ended.FailureDetails?.ToString(),
            ended.CreatedAt,
            ended.LastUpdatedAt)));
    }

    // Whoever asked for the run asks again only if the crash came before it was on record.
    private static async Task<OrchestrationMetadata> EndOfAsync(
        Scenario scenario, EmbeddedFunctionsHost host, VirtualClock clock)
    {
        var id = scenario.Orchestration;
        if (await host.Client.GetInstanceAsync(id) is null)
            await host.Client.ScheduleNewOrchestrationInstanceAsync(id, new StartOrchestrationOptions(id));
        var database = host.Services.GetRequiredService<StateDatabase>();
        while (true)
        {
            var now = clock.Time.GetUtcNow();
            var (isFinished, isIdle, timer) = database.Read(session => (
                session.FindInstance(id)!.IsFinished,
                session.ReadActivityIds().Count == clock.Sleeping && session.InstancesWithMail(now).Count == 0,
                session.NextDelivery(now)));

            // One that waits for nothing has lost something in a crash, and its status will tell.
            if (isFinished || (isIdle && !clock.TryAdvanceTo(timer)))
                return (await host.Client.GetInstanceAsync(id, getInputsAndOutputs: true))!;
            await Task.Delay(Pause);
        }
    }
}
