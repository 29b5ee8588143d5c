using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.BaseBackup;

/// <summary>Starts a base backup on BACKUP_SCHEDULE.</summary>
public sealed partial class BaseBackupTimer(ILogger<BaseBackupTimer> logger)
{
    [Function("BaseBackupTimer")]
    public async Task RunAsync(
        [TimerTrigger("%BACKUP_SCHEDULE%")] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken)
    {
        if (await SingletonOrchestration.TryStartAsync(client, BaseBackupOrchestration.Name, cancellationToken))
            LogStarted(timer.IsPastDue);
        else
            LogStillRunning();
    }

    [LoggerMessage(1101, LogLevel.Information, "Base backup started by its schedule (past due: {PastDue})")]
    private partial void LogStarted(bool pastDue);

    [LoggerMessage(1102, LogLevel.Warning, "Base backup not started: the one before is still running")]
    private partial void LogStillRunning();
}
