using Highwater.Engine.Errors;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.WalStream;
using Highwater.FunctionApp.WalSync;

namespace Highwater.CrashTarget;

/// <summary>An orchestration and what its activities meet. Times count from the start of the scenario.</summary>
/// <param name="Orchestration">The orchestration to run.</param>
/// <param name="Title">What happens, for people.</param>
public sealed record Scenario(string Orchestration, string Title)
{
    private static readonly TimeSpan ForEver = TimeSpan.MaxValue;

    private static readonly TransientException Away =
        new(ErrorCodes.StorageUnreachable, "The host is away.", "wait");

    private static readonly HighwaterException Denied =
        new(ErrorCodes.StorageDenied, "The disk is read-only.", "remount it");

    /// <summary>Every orchestration of the app, in fair weather and foul.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(BaseBackupOrchestration.Name, "all well"),
        new(BaseBackupOrchestration.Name, "slow server, local prune refused")
        {
            // The progress is read once, whether the activity runs once or begins again in the middle.
            Durations = { [BaseBackupActivities.TakeBaseBackup] = TimeSpan.FromSeconds(2.3) },
            Faults = { ["Prune local"] = (Denied, ForEver) },
        },
        new(BaseBackupOrchestration.Name, "remote host back after ten seconds, its WAL never")
        {
            Faults =
            {
                ["ReplicateBackup remote"] = (Away, TimeSpan.FromSeconds(10)),
                ["AwaitWal remote"] = (Denied, ForEver),
            },
        },
        new(BaseBackupOrchestration.Name, "the server cannot be backed up")
        {
            Faults = { [BaseBackupActivities.TakeBaseBackup] = (Denied, ForEver) },
        },
        new(WalSyncOrchestration.Name, "one remote host far behind")
        {
            AtOnce = 2,
            Durations = NearAndFar,
            Passes = { ["ReplicateWal far"] = 3 },
        },
        new(WalSyncOrchestration.Name, "local disk back after five seconds, one remote host away")
        {
            AtOnce = 2,
            Durations = NearAndFar,
            Faults =
            {
                [WalSyncActivities.ArchiveSpooledWal] = (Away, TimeSpan.FromSeconds(5)),
                ["ReplicateWal near"] = (Away, ForEver),
            },
        },
        new(WalSyncOrchestration.Name, "the spool cannot be read")
        {
            Faults = { [WalSyncActivities.ArchiveSpooledWal] = (Denied, ForEver) },
        },
        new(WalSyncOrchestration.Name, "all well but for WAL that was lost")
        {
            AtOnce = 2,
            Durations = NearAndFar,
            Gap = new FoundWalGap("000000010000000000000004", DateTimeOffset.UnixEpoch, ["20261122T020000Z"]),
        },
        new(WalStreamOrchestration.Name, "two sessions and a failure, until the settings change")
        {
            Faults = { [WalStreamActivities.StreamWal] = (Denied, TimeSpan.FromSeconds(5)) },
        },
        new(RoundsFunctions.Rounds, "what the app does not use yet")
        {
            Faults = { [RoundsFunctions.Work] = (Away, TimeSpan.FromSeconds(2)) },
        },
    ];

    /// <summary>Calls that throw until some time: after that they succeed.</summary>
    public Dictionary<string, (Exception Error, TimeSpan Until)> Faults { get; } = [];

    /// <summary>Calls that take some time, the longest last.</summary>
    public Dictionary<string, TimeSpan> Durations { get; init; } = [];

    /// <summary>How many passes a repository needs until it is level; one unless said.</summary>
    public Dictionary<string, int> Passes { get; } = [];

    /// <summary>WAL that is lost.</summary>
    public FoundWalGap? Gap { get; init; }

    /// <summary>How many executions of one activity a crash may interrupt.</summary>
    public int AtOnce { get; init; } = 1;

    // They work at once, and one ends after the other: a run takes the same course each time.
    private static Dictionary<string, TimeSpan> NearAndFar => new()
    {
        ["ReplicateWal near"] = TimeSpan.FromSeconds(1),
        ["ReplicateWal far"] = TimeSpan.FromSeconds(2),
    };
}
