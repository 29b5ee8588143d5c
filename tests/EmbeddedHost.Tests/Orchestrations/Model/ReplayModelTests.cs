using System.Text.Json;
using CsCheck;
using Microsoft.DurableTask.Client;

namespace Highwater.EmbeddedHost.Tests.Orchestrations.Model;

public class ReplayModelTests
{
    private const int Seconds = 10;

    /// <summary>A failure names the seed; <c>CsCheck_Seed</c> in the environment runs that scenario again.</summary>
    [Fact]
    public async Task Whatever_is_killed_or_done_to_it_a_program_comes_to_what_its_code_says() =>
        await RandomScenarios.All.SampleAsync(
            async scenario =>
            {
                await using var run = new ScenarioRun(scenario, TestContext.Current.CancellationToken);

                var ended = await run.RunAsync();

                var expected = new ProgramModel(scenario).Run();
                Assert.Equal(expected.Status, ended.RuntimeStatus);
                Assert.Equal(expected.CustomStatus, ended.ReadCustomStatusAs<string>());
                Assert.Equal(
                    expected.Failure, ended.FailureDetails is { } failure ? Failures.Chain(failure) : null);
                Assert.Equal(expected.Log, LogOf(ended));
                EnsureEffects(expected.Effects, run);
                Assert.Equal(0, run.Litter);
            },
            writeLine: line => TestContext.Current.TestOutputHelper?.WriteLine(line),
            time: Seconds,
            threads: 2,
            print: scenario => JsonSerializer.Serialize(scenario));

    private static string[] LogOf(OrchestrationMetadata ended) => ended.RuntimeStatus switch
    {
        OrchestrationRuntimeStatus.Completed => ended.ReadOutputAs<string[]>()!,
        OrchestrationRuntimeStatus.Terminated => [ended.ReadOutputAs<string>()!],
        _ => [],
    };

    /// <summary>
    /// Each effect happened, none more often than the kills explain, and in the order the program says.
    /// </summary>
    private static void EnsureEffects(IReadOnlyList<ExpectedEffect> expected, ScenarioRun run)
    {
        Assert.Empty(run.Effects.Except(expected.Select(one => one.Effect)));
        foreach (var same in expected.GroupBy(one => one.Effect))
        {
            var times = run.Effects.Count(effect => effect == same.Key);
            Assert.True(
                times >= same.Count() && times <= same.Count() + run.Killed,
                $"{same.Key} {times} times instead of {same.Count()}, with {run.Killed} kills");
        }

        var first = run.Effects.Distinct().Select((effect, i) => (effect, i))
            .ToDictionary(numbered => numbered.effect, numbered => numbered.i);
        foreach (var (one, next) in expected.SelectMany(one => expected.Select(next => (one, next))))
        {
            Assert.True(
                one.Effect == next.Effect || !one.Place.IsBefore(next.Place) || first[one.Effect] < first[next.Effect],
                $"{next.Effect} came before {one.Effect}");
        }
    }
}
