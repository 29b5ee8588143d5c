using System.Reflection;
using Highwater.CrashTarget;
using Highwater.FunctionApp.BaseBackup;
using Highwater.TestKit.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Highwater.FunctionApp.Tests.Crashes;

/// <summary>
/// The shipped orchestrations in the embedded host, in a process that dies by SIGKILL at every commit of its state.
/// </summary>
public sealed class CrashMatrixTests
{
    private const int AtOnce = 3;
    private const int DoubleCrashes = 3;

    public static TheoryData<int, string, string> Scenarios
    {
        get
        {
            var rows = new TheoryData<int, string, string>();
            foreach (var (index, scenario) in Scenario.All.Index())
                rows.Add(index, scenario.Orchestration, scenario.Title);
            return rows;
        }
    }

    [Theory, MemberData(nameof(Scenarios))]
    public async Task Killed_before_or_after_any_commit_it_ends_the_same_and_repeats_nothing_that_was_committed(
        int scenario, string orchestration, string title)
    {
        using var folder = new TempDirectory("crashes");
        var smooth = new CrashCase(scenario, folder.Combine("smooth"));
        await CrashCase.FinishAsync([smooth]);
        var commits = smooth.Commits();
        Assert.Contains($"Start/{orchestration}", commits);

        var seed = Random.Shared.Next();
        var points = Points(commits.Length).Select(at => (string[])[at])
            .Concat(TwoPoints(commits.Length, new Random(seed)))
            .Select((at, number) => (At: at, Case: new CrashCase(scenario, folder.Combine($"{number}"))))
            .ToList();
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (point, _) =>
        {
            foreach (var at in point.At)
                await point.Case.CrashAsync(at);
        });
        var cases = points.Select(point => point.Case).ToList();
        await Task.WhenAll(cases.Chunk((cases.Count / 2) + 1).Select(CrashCase.FinishAsync));

        var faults = cases
            .SelectMany(crash => crash.Faults.Concat(crash.Differences(smooth)).Select(f => $"{crash.Title}: {f}"))
            .ToList();
        Assert.True(faults.Count == 0, $"{title}, seed {seed}\n{string.Join('\n', faults)}");
    }

    [Fact]
    public void Every_orchestration_and_activity_of_the_app_is_part_of_the_matrix()
    {
        var app = typeof(BaseBackupOrchestration).Assembly;
        var orchestrations = Scenario.All.Select(scenario => scenario.Orchestration);
        var activities = Functions<ActivityTriggerAttribute>(typeof(Scenario).Assembly);

        Assert.Empty(Functions<OrchestrationTriggerAttribute>(app).Except(orchestrations));
        Assert.Empty(Functions<ActivityTriggerAttribute>(app).Except(activities));
    }

    private static IEnumerable<string> Points(int commits) =>
        Enumerable.Range(1, commits).SelectMany(n => (string[])[$"{n}:before", $"{n}:after"]);

    /// <summary>A crash, and another one in the process that goes on after it.</summary>
    private static IEnumerable<string[]> TwoPoints(int commits, Random random)
    {
        for (var i = 0; i < DoubleCrashes; i++)
        {
            var first = random.Next(1, commits);
            var second = random.Next(1, commits - first + 1);
            yield return [$"{first}:after", $"{second}:{(random.Next(2) == 0 ? "before" : "after")}"];
        }
    }

    private static IEnumerable<string> Functions<TTrigger>(Assembly app)
        where TTrigger : TriggerBindingAttribute =>
        app.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetParameters().Any(parameter => parameter.IsDefined(typeof(TTrigger))))
            .Select(method => method.GetCustomAttribute<FunctionAttribute>()!.Name);
}
