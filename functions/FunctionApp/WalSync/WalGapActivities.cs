using Highwater.Engine.Configuration;
using Highwater.Engine.WalArchiving;
using Highwater.FunctionApp.BaseBackup;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Highwater.FunctionApp.WalSync;

/// <summary>Looks for lost WAL and has a base backup taken where only that helps.</summary>
public sealed partial class WalGapActivities(
    HighwaterSettings settings,
    ClusterRepositories repositories,
    FindWalGap findWalGap,
    TimeProvider clock,
    ILogger<WalGapActivities> logger)
{
    public const string FindWalGap = "FindWalGap";
    public const string StartBaseBackup = "StartBaseBackup";

    /// <summary>Until a base backup that was begun because of a gap and failed is tried again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    // What is archived, but stored a sync later than what came after it, is no gap.
    private const int SyncsOnTheWay = 2;

    [Function(FindWalGap)]
    public async Task<FoundWalGap?> FindWalGapAsync([ActivityTrigger] string? input, FunctionContext context)
    {
        var local = await repositories.OpenLocalAsync(context.CancellationToken);
        var gap = await findWalGap.RunAsync(
            local, settings.Schedules.WalSyncInterval(clock) * SyncsOnTheWay, context.CancellationToken);
        return gap is null ? null : new FoundWalGap(gap.What, gap.Since, [.. gap.CutOff.Select(id => id.ToString())]);
    }

    /// <summary>Starts it and does not wait for it: it takes hours, and WAL must flow meanwhile.</summary>
    [Function(StartBaseBackup)]
    public Task<bool> StartBaseBackupAsync(
        [ActivityTrigger] FoundWalGap gap, [DurableClient] DurableTaskClient client, FunctionContext context) =>
        StartBaseBackupAsync(gap, client, clock, logger, context.CancellationToken);

    /// <summary>Starts a base backup unless one runs, or one that began after the gap was there began within the last
    /// hour.</summary>
    /// <returns>Whether this call started it.</returns>
    public static async Task<bool> StartBaseBackupAsync(
        FoundWalGap gap,
        DurableTaskClient client,
        TimeProvider clock,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var last = await client.GetInstanceAsync(BaseBackupOrchestration.Name, cancellationToken);
        if (!IsDue(last, gap, clock.GetUtcNow())
            || !await SingletonOrchestration.TryStartAsync(client, BaseBackupOrchestration.Name, cancellationToken))
            return false;
        LogStarted(logger, gap.Missing, gap.Since, gap.CutOff);
        return true;
    }

    // By a storage's clock that is ahead every base backup would be from before the gap.
    private static bool IsDue(OrchestrationMetadata? last, FoundWalGap gap, DateTimeOffset now) => last is null
        || (last.IsCompleted
            && ((last.CreatedAt < gap.Since && gap.Since <= now) || now - last.CreatedAt >= Pause));

    [LoggerMessage(1202, LogLevel.Warning,
        "A base backup starts because WAL is lost: {Missing} is missing, later WAL is there since {Since}, and "
        + "recovery from the base backups {CutOff} ends before it")]
    private static partial void LogStarted(
        ILogger logger, string missing, DateTimeOffset since, IReadOnlyList<string> cutOff);
}
