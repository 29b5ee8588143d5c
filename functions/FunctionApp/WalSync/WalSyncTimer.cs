using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.WalSync;

/// <summary>Starts a WAL sync on WAL_SYNC_SCHEDULE, every 60 seconds unless set otherwise.</summary>
public sealed partial class WalSyncTimer(ILogger<WalSyncTimer> logger)
{
    [Function("WalSyncTimer")]
    public async Task RunAsync(
        [TimerTrigger("%WAL_SYNC_SCHEDULE%", RunOnStartup = true)] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        if (!await SingletonOrchestration.TryStartAsync(client, WalSyncOrchestration.Name, cancellationToken))
            LogStillRunning(timer.IsPastDue);
    }

    [LoggerMessage(1201, LogLevel.Information,
        "WAL sync not started: the one before is still running (past due: {PastDue})")]
    private partial void LogStillRunning(bool pastDue);
}
