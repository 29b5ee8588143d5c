using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.CrashTarget;

/// <summary>
/// An orchestration of what the host offers and the app does not use yet: a sub-orchestration tried again, an event
/// sent from one to the other, and a new beginning that the event outlives.
/// </summary>
public sealed class RoundsFunctions(Stage stage)
{
    public const string Rounds = "Rounds";
    public const string Work = "Work";

    private const string Errand = "Errand";
    private const string Report = "Report";

    private static readonly TaskOptions TwiceAtMost =
        TaskOptions.FromRetryPolicy(new RetryPolicy(2, TimeSpan.FromSeconds(3)));

    [Function(Rounds)]
    public static async Task<string?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        context.SetCustomStatus(context.GetInput<string>() ?? "first round");
        if (context.GetInput<string>() is { } found)
            return $"{found}, {await context.WaitForExternalEvent<string>(Report)}";

        found = await context.CallSubOrchestratorAsync<string>(Errand, context.InstanceId, TwiceAtMost);
        await context.CreateTimer(TimeSpan.FromSeconds(5), CancellationToken.None);
        context.ContinueAsNew($"second round: {found}");
        return null;
    }

    [Function(Errand)]
    public static async Task<string> RunErrandAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var done = await context.CallActivityAsync<string>(Work);
        context.SendEvent(context.GetInput<string>()!, Report, $"report of {done}");
        return done;
    }

    [Function(Work)]
    public async Task<string> WorkAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        await stage.PlayAsync(Work, Work, context.CancellationToken);
        return "work";
    }
}
