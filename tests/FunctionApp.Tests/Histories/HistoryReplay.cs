using System.Text.Json.Nodes;
using Highwater.EmbeddedHost.Functions;
using Highwater.EmbeddedHost.Orchestrations;
using Highwater.EmbeddedHost.State;
using Highwater.FunctionApp.BaseBackup;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Highwater.FunctionApp.Tests.Histories;

/// <summary>
/// Takes an instance back to each point at which it ever waited, lets the app's present code go on from there, and says
/// where it would no longer do what it did.
/// </summary>
internal sealed class HistoryReplay(SavedHistory saved)
{
    public static FunctionIndex App { get; } = new(typeof(BaseBackupOrchestration).Assembly);

    /// <summary>What is different now; empty when instances in the middle of this history can go on.</summary>
    public List<string> FindFaults()
    {
        if (App.Find(FunctionKind.Orchestration, saved.Orchestration) is not { } entry)
        {
            return [$"there is no orchestration '{saved.Orchestration}' any more"];
        }

        using var services = new ServiceCollection().BuildServiceProvider();
        var invoker = new FunctionInvoker(services);
        var faults = new List<string>();
        for (var start = 0; start < saved.Events.Count; start++)
        {
            if (saved.Events[start].Kind == EventKind.EpisodeStarted)
            {
                faults.AddRange(FindFaultsOfEpisode(start, entry, invoker));
            }
        }

        faults.AddRange(
            saved.Events.Where(call => call.Kind == EventKind.ActivityScheduled).SelectMany(FindUnreadable));
        return [.. faults.Distinct()];
    }

    private IEnumerable<string> FindFaultsOfEpisode(int start, FunctionEntry entry, FunctionInvoker invoker)
    {
        var rest = saved.Events.Skip(start + 1).TakeWhile(next => next.Kind != EventKind.EpisodeStarted).ToList();
        var news = rest.TakeWhile(next => !next.IsCall && !IsEnd(next)).Select(next => next.ToEvent());
        var calls = rest.Where(next => next.IsCall).ToList();
        var isLast = rest.Exists(IsEnd);

        var result = new Episode(saved.ToRow(), Begin, NullLoggerFactory.Instance).Run(
            saved.Events.Take(start).Select(past => past.ToEvent()), news, saved.Events[start].At);

        var expected = isLast ? saved.Status : OrchestrationRuntimeStatus.Running;
        if (result.Status != expected)
        {
            return [$"event {start}: it was {expected} then, now it is {result.Status} {result.Output}"];
        }

        return FindOtherCalls(start, calls, [.. result.NewCalls.Select(SavedEvent.From)])
            .Concat(isLast ? FindOtherEnd(result) : []);

        Invocation Begin(TaskOrchestrationContext context) => invoker.Begin(
            entry,
            (parameter, _) => parameter == entry.TriggerParameter
                ? context
                : JsonData.Converter.Deserialize(saved.Input?.ToJsonString(), parameter.ParameterType),
            new Dictionary<string, object?>(),
            CancellationToken.None);
    }

    private static IEnumerable<string> FindOtherCalls(int start, List<SavedEvent> then, List<SavedEvent> now)
    {
        for (var i = 0; i < Math.Max(then.Count, now.Count); i++)
        {
            var (old, made) = (then.ElementAtOrDefault(i), now.ElementAtOrDefault(i));
            if (Describe(old) != Describe(made))
            {
                yield return $"event {start}: {Describe(old)} then, {Describe(made)} now";
            }
            else if (!JsonKept.In(made!.Data, old!.Data))
            {
                yield return $"event {start}: {Describe(old)} was made with {old.Data?.ToJsonString()} then, "
                    + $"with {made.Data?.ToJsonString() ?? "null"} now";
            }
        }
    }

    private IEnumerable<string> FindOtherEnd(EpisodeResult result)
    {
        var output = result.Output is { } json && result.Failure is null ? JsonNode.Parse(json) : null;
        if (!JsonKept.In(output, saved.Output))
        {
            yield return $"its output was {saved.Output?.ToJsonString()} then, now it is {result.Output}";
        }

        var failure = saved.Failure is { } then ? FailureJson.Parse(then.ToJsonString()).ToString() : null;
        if (failure != result.Failure?.ToString())
        {
            yield return $"it failed with '{failure}' then, with '{result.Failure}' now";
        }
    }

    /// <summary>Activities that were on their way are run by the present code with the input of then.</summary>
    private static IEnumerable<string> FindUnreadable(SavedEvent call)
    {
        if (App.Find(FunctionKind.Activity, call.Name!) is not { } activity)
        {
            yield return $"there is no activity '{call.Name}' any more";
            yield break;
        }

        var type = activity.TriggerParameter.ParameterType;
        var read = JsonData.Converter.Serialize(JsonData.Converter.Deserialize(call.Data?.ToJsonString(), type));
        if (!JsonKept.In(read is null ? null : JsonNode.Parse(read), call.Data))
        {
            yield return $"activity '{call.Name}' reads its input {call.Data?.ToJsonString()} as {read} now";
        }
    }

    private static bool IsEnd(SavedEvent entry) =>
        entry.Kind is EventKind.ExecutionCompleted or EventKind.ExecutionFailed;

    private static string Describe(SavedEvent? call) =>
        call is null ? "no call" : $"{call.Kind} {call.Name}".TrimEnd() + $" (#{call.TaskId})";
}
