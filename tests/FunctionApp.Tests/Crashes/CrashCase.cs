using System.Diagnostics;
using System.Text.Json;
using Highwater.CrashTarget;
using Highwater.TestKit.Postgres;

namespace Highwater.FunctionApp.Tests.Crashes;

/// <summary>One run of a scenario in a directory of its own, by one process after the other.</summary>
/// <param name="Scenario">Its index.</param>
/// <param name="Directory">Where everything is that outlives a process.</param>
public sealed record CrashCase(int Scenario, string Directory)
{
    /// <summary>128 + SIGKILL, as .NET reports a process that was killed.</summary>
    private const int Killed = 137;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private readonly List<Life> _lives = [];

    /// <summary>What the processes were told to crash at, in their order.</summary>
    public string Title => string.Join(", then ", _lives.Select(life => life.Crash));

    /// <summary>What went otherwise than a crash should.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Starts a process that is to kill itself at the commit.</summary>
    public async Task CrashAsync(string at)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var result = await RunAsync(at, [this]);
        _lives.Add(Observe(at));
        if (result.ExitCode != Killed)
            Faults.Add($"was not killed at {at} but ended with {result.ExitCode}: {result.Output}{result.Error}");
    }

    /// <summary>Runs the scenarios to their ends, all in one process.</summary>
    public static async Task FinishAsync(IReadOnlyCollection<CrashCase> cases)
    {
        foreach (var unstarted in cases)
            System.IO.Directory.CreateDirectory(unstarted.Directory);
        var result = await RunAsync(null, cases);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    /// <summary>Compares with a run that was never interrupted.</summary>
    public IEnumerable<string> Differences(CrashCase smooth)
    {
        var scenario = CrashTarget.Scenario.All[Scenario];
        var (expected, actual) = (smooth.Result(), Result());
        var longest = expected.EndedAt + (scenario.Durations.Values.LastOrDefault() * _lives.Count);
        if (actual with { EndedAt = expected.EndedAt } != expected)
            yield return $"ended as {actual}, not as {expected}";
        if (actual.EndedAt < expected.EndedAt || actual.EndedAt > longest)
            yield return $"ended at {actual.EndedAt:O}, not from {expected.EndedAt:O} to {longest:O}";
        if (!Effects().SequenceEqual(smooth.Effects()))
            yield return $"had the effects {Join(Effects())}, not {Join(smooth.Effects())}";
        var all = smooth.Observe("");
        if (!Observe("").Commits.SequenceEqual(all.Commits))
            yield return $"committed {Join(Observe("").Commits)}, not {Join(all.Commits)}";
        foreach (var fault in LifeFaults(all))
            yield return fault;
    }

    public string[] Commits() => Observe("").Commits;

    private ScenarioResult Result() =>
        JsonSerializer.Deserialize<ScenarioResult>(File.ReadAllText(ScenarioRun.ResultPath(Directory)))!;

    private IEnumerable<string> Effects() => new EffectStore(Directory).Keys();

    /// <summary>
    /// A process executes what no process before it has committed the result of, and of that it may lose only what it
    /// was executing when it died.
    /// </summary>
    private IEnumerable<string> LifeFaults(Life smooth)
    {
        var before = new Life("", [], []);
        foreach (var life in _lives.Append(Observe("the end")))
        {
            foreach (var activity in smooth.Executions.Select(Activity).Distinct())
            {
                var executed = life.ExecutionsOf(activity) - before.ExecutionsOf(activity);
                var committed = life.ResultsOf(activity) - before.ResultsOf(activity);
                var left = smooth.ExecutionsOf(activity) - before.ResultsOf(activity);
                var lost = life.Crash == "the end" ? 0 : CrashTarget.Scenario.All[Scenario].AtOnce;
                if (executed < committed || executed > Math.Min(left, committed + lost))
                    yield return $"up to {life.Crash}: {activity} was executed {executed} times for {committed} "
                        + $"committed results, with {left} left to do";
            }

            before = life;
        }
    }

    private Life Observe(string crash) => new(
        crash,
        File.Exists(ScenarioRun.CommitsPath(Directory)) ? File.ReadAllLines(ScenarioRun.CommitsPath(Directory)) : [],
        new EffectStore(Directory).ReadExecutions());

    private static string Activity(string call) => call.Split(' ')[0];

    private static string Join(IEnumerable<string> words) => $"[{string.Join(", ", words)}]";

    private static async Task<ToolResult> RunAsync(string? crashAt, IEnumerable<CrashCase> cases)
    {
        var arguments = cases.SelectMany(c => (string[])[$"{c.Scenario}", c.Directory]);
        var command = new ProcessStartInfo("dotnet", ["exec", typeof(ScenarioRun).Assembly.Location, .. arguments]);
        command.Environment["HIGHWATER_CRASH_AT"] = crashAt;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        return await Tool.TryRunAsync(command, deadline.Token);
    }

    /// <summary>All that had happened when a process had ended.</summary>
    private sealed record Life(string Crash, string[] Commits, string[] Executions)
    {
        public int ExecutionsOf(string activity) => Executions.Count(call => Activity(call) == activity);

        public int ResultsOf(string activity) => Commits.Count(commit => commit == $"ActivityResult/{activity}");
    }
}
