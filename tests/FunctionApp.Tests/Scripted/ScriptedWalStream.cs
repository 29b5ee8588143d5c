using Highwater.Engine.WalArchiving;
using Highwater.FunctionApp.WalStream;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.Tests.Scripted;

/// <summary>The stream's own timer and orchestration over an activity that only does what the script says.</summary>
public sealed class ScriptedWalStream(Script script, ILogger<WalStreamTimer> logger)
{
    [Function("WalStreamTimer")]
    public Task TickAsync(
        [TimerTrigger("%WAL_SYNC_SCHEDULE%")] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        new WalStreamTimer(new WalOptions("/nowhere", Source: script.WalSource), logger)
            .RunAsync(timer, client, cancellationToken);

    [Function(WalStreamOrchestration.Name)]
    public static Task<WalStreamStatus> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context) =>
        WalStreamOrchestration.RunAsync(context);

    [Function(WalStreamActivities.StreamWal)]
    public async Task<WalStreamStatus> StreamAsync([ActivityTrigger] WalStreamStatus before, FunctionContext context)
    {
        await script.RunAsync(WalStreamActivities.StreamWal, context.CancellationToken);
        return script.Stream(before);
    }
}
