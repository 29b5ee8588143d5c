using Highwater.Engine.Postgres;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.BaseBackup;

/// <summary>What a base backup tells while it runs and at its end.</summary>
public sealed partial class BaseBackupReports(ReadBackupProgress readBackupProgress, ILogger<BaseBackupReports> logger)
{
    public const string ReadBackupProgress = "ReadBackupProgress";
    public const string RecordOutcome = "RecordOutcome";

    /// <summary>How far the server is with sending. Before and after that there is no figure, only the step.</summary>
    [Function(ReadBackupProgress)]
    public async Task<BaseBackupStatus> ReadBackupProgressAsync(
        [ActivityTrigger] string? input, FunctionContext context)
    {
        var progress = await readBackupProgress.RunAsync(
            Engine.Backup.TakeBaseBackup.ApplicationName, context.CancellationToken);
        if (progress is null)
            return new BaseBackupStatus(BaseBackupActivities.TakeBaseBackup);
        LogProgress(progress.Phase, progress.StreamedBytes, progress.TotalBytes);
        return new BaseBackupStatus(
            BaseBackupActivities.TakeBaseBackup, null, progress.Phase, progress.StreamedBytes, progress.TotalBytes);
    }

    /// <summary>Leaves the outcome in the log, one line for each repository.</summary>
    [Function(RecordOutcome)]
    public void RecordOutcomeOf([ActivityTrigger] BaseBackupOutcome outcome)
    {
        var backup = outcome.Backup;
        LogTaken(backup.Id, backup.DatabaseBytes, backup.StoredBytes, backup.Duration);
        foreach (var repository in outcome.Repositories)
        {
            if (repository.Error is null)
                LogComplete(backup.Id, repository.Repository);
            else
                LogIncomplete(backup.Id, repository.Repository, repository.Error);
            if (repository.PruneError is not null)
                LogNotPruned(repository.Repository, repository.PruneError);
        }
    }

    [LoggerMessage(1111, LogLevel.Information, "Base backup {Phase}: {Done} of {Total} bytes")]
    private partial void LogProgress(string phase, long done, long? total);

    [LoggerMessage(1112, LogLevel.Information,
        "Base backup {Id} took {Duration}: {DatabaseBytes} bytes, {StoredBytes} bytes stored")]
    private partial void LogTaken(string id, long databaseBytes, long storedBytes, TimeSpan duration);

    [LoggerMessage(1113, LogLevel.Information,
        "Base backup {Id} is complete and verified in the repository '{Repository}'")]
    private partial void LogComplete(string id, string repository);

    [LoggerMessage(1115, LogLevel.Warning, "The repository '{Repository}' was not pruned: {Error}")]
    private partial void LogNotPruned(string repository, string error);

    [LoggerMessage(1114, LogLevel.Error, "Base backup {Id} is not complete in the repository '{Repository}': {Error}")]
    private partial void LogIncomplete(string id, string repository, string error);
}
