using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.FunctionApp.WalStream;

/// <summary>
/// Streams WAL for ever, one session after the other, each in a history of its own. A session that fails is followed by
/// a pause and another one; how it goes is in the custom status. Ends when the settings ask for no stream.
/// </summary>
public static class WalStreamOrchestration
{
    /// <summary>The name of the orchestration, and the id of its one live instance.</summary>
    public const string Name = "WalStream";

    /// <summary>After a session that failed.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    [Function(Name)]
    public static async Task<WalStreamStatus> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var before = context.GetInput<WalStreamStatus>() ?? WalStreamStatus.None;
        context.SetCustomStatus(before);
        var after = await StreamAsync(context, before);
        context.SetCustomStatus(after);
        if (after.IsOver)
            return after;
        if (after.Error is not null)
            await context.CreateTimer(Pause, CancellationToken.None);
        context.ContinueAsNew(after);
        return after;
    }

    private static async Task<WalStreamStatus> StreamAsync(TaskOrchestrationContext context, WalStreamStatus before)
    {
        try
        {
            return await context.CallActivityAsync<WalStreamStatus>(WalStreamActivities.StreamWal, before);
        }
        catch (TaskFailedException e)
        {
            // What it foresees is in what it returns; this must not end the stream either.
            return before with { Sessions = before.Sessions + 1, Error = e.FailureDetails.ErrorMessage };
        }
    }
}
