using Highwater.FunctionApp.WalStream;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Highwater.CrashTarget;

/// <summary>The stream's own orchestration over an activity that the stage plays.</summary>
public sealed class WalStreamFunctions(Stage stage)
{
    private const int LastSession = 3;

    [Function(WalStreamOrchestration.Name)]
    public static Task<WalStreamStatus> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        WalStreamOrchestration.RunAsync(context);

    [Function(WalStreamActivities.StreamWal)]
    public async Task<WalStreamStatus> StreamAsync([ActivityTrigger] WalStreamStatus before, FunctionContext context)
    {
        var session = before.Sessions + 1;
        await stage.PlayAsync(
            WalStreamActivities.StreamWal, $"{WalStreamActivities.StreamWal} {session}", context.CancellationToken);
        return new WalStreamStatus(session, 1, $"0/{session}000000", null, [], null, session == LastSession);
    }
}
