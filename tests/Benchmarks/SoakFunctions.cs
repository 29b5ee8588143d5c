using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.Benchmarks;

/// <summary>An orchestration of eight activities at once that do nothing: what is measured is the host.</summary>
internal static class SoakFunctions
{
    [Function(nameof(FanOut))]
    public static Task FanOut([OrchestrationTrigger] TaskOrchestrationContext context) => Task.WhenAll(
        Enumerable.Range(0, 8).Select(number => context.CallActivityAsync<int>(nameof(Nothing), number)));

    [Function(nameof(Nothing))]
    public static int Nothing([ActivityTrigger] int number) => number;
}
