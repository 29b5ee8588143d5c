using Highwater.Engine.WalArchiving;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.WalStream;

/// <summary>Sees to it that WAL is streamed where the settings ask for it: looks on WAL_SYNC_SCHEDULE whether the
/// orchestration lives.</summary>
public sealed partial class WalStreamTimer(WalOptions wal, ILogger<WalStreamTimer> logger)
{
    [Function("WalStreamTimer")]
    public async Task RunAsync(
        [TimerTrigger("%WAL_SYNC_SCHEDULE%", RunOnStartup = true)] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        if (wal.Source != WalSource.Archive
            && await SingletonOrchestration.TryStartAsync(client, WalStreamOrchestration.Name, cancellationToken))
            LogStarted(timer.IsPastDue);
    }

    [LoggerMessage(1303, LogLevel.Information, "Streaming of WAL started (past due: {PastDue})")]
    private partial void LogStarted(bool pastDue);
}
