using Highwater.Engine.Errors;
using Highwater.FunctionApp.BaseBackup;
using Highwater.FunctionApp.Tests.Scripted;
using Highwater.FunctionApp.WalStream;
using Highwater.FunctionApp.WalSync;

namespace Highwater.FunctionApp.Tests.Histories;

/// <summary>
/// The paths through the app's orchestrations of which histories are saved, each by the name of its file.
/// </summary>
internal static class HistoryScenarios
{
    private const string Backup = BaseBackupOrchestration.Name;
    private const string Stream = WalStreamOrchestration.Name;
    private const string Wal = WalSyncOrchestration.Name;

    private static readonly TransientException Away =
        new(ErrorCodes.StorageUnreachable, "The host is away.", "wait");

    private static readonly HighwaterException Denied =
        new(ErrorCodes.StorageDenied, "The disk is read-only.", "remount it");

    public static IReadOnlyDictionary<string, Func<ScriptedHost, Task>> All { get; } =
        new Dictionary<string, Func<ScriptedHost, Task>>
        {
            ["BaseBackup.all-well"] = host => host.RunAsync(Backup),
            ["BaseBackup.with-progress"] = RunWithProgressAsync,
            ["BaseBackup.without-progress"] = host =>
            {
                host.Script.Fail(BaseBackupReports.ReadBackupProgress, Denied);
                return RunWithProgressAsync(host);
            },
            ["BaseBackup.remote-away"] = host => FailAsync(host, Backup, "ReplicateBackup remote", Away),
            ["BaseBackup.remote-damaged"] = host => FailAsync(host, Backup, "VerifyBackup remote", Denied),
            ["BaseBackup.not-pruned"] = host => FailAsync(host, Backup, "Prune local", Denied),
            ["BaseBackup.retried"] = host => FailTwiceAsync(host, Backup, BaseBackupActivities.TakeBaseBackup),
            ["BaseBackup.failed"] = host => FailAsync(host, Backup, "AwaitWal local", Denied),
            ["WalSync.all-well"] = host => host.RunAsync(Wal),
            ["WalSync.catching-up"] = host =>
            {
                host.Script.Replicate = (step, pass) => new ReplicatedWal(
                    step.Repository, 2, 32, step.Repository == "far" ? 4 - (2 * pass) : 0, 0, []);
                return host.RunAsync(Wal);
            },
            ["WalSync.remote-hangs"] = RunWithHangingRemoteAsync,
            ["WalSync.gap-found"] = host =>
            {
                host.Script.Gap = new FoundWalGap(
                    "000000010000000000000004", host.Time.GetUtcNow(), ["20261122T020000Z"]);
                host.Script.On(WalGapActivities.StartBaseBackup, _ => Task.FromException(Away));
                return host.RunAsync(Wal);
            },
            ["WalSync.gap-not-looked-for"] = host => FailAsync(host, Wal, WalGapActivities.FindWalGap, Denied),
            ["WalSync.remote-away"] = host => FailAsync(host, Wal, "ReplicateWal near", Away),
            ["WalSync.retried"] = host => FailTwiceAsync(host, Wal, WalSyncActivities.ArchiveSpooledWal),
            ["WalSync.failed"] = host => FailAsync(host, Wal, WalSyncActivities.ArchiveSpooledWal, Away),
            ["WalStream.over"] = host => host.RunAsync(Stream),
            ["WalStream.goes-on"] = RunUntilSecondSessionAsync,
            ["WalStream.session-failed"] = host => RunUntilItPausesAsync(
                host, before => before with { Sessions = 1, Error = "HW201: away" }),
            ["WalStream.step-failed"] = host =>
            {
                host.Script.Fail(WalStreamActivities.StreamWal, Denied);
                return RunUntilItPausesAsync(host, before => before);
            },
        };

    private static Task FailAsync(ScriptedHost host, string orchestration, string call, Exception failure)
    {
        host.Script.Fail(call, failure);
        return host.RunAsync(orchestration);
    }

    private static Task FailTwiceAsync(ScriptedHost host, string orchestration, string call)
    {
        var failures = 2;
        host.Script.On(
            call, _ => Interlocked.Decrement(ref failures) >= 0 ? Task.FromException(Away) : Task.CompletedTask);
        return host.RunAsync(orchestration);
    }

    private static async Task RunWithProgressAsync(ScriptedHost host)
    {
        var taking = host.Script.Hold(BaseBackupActivities.TakeBaseBackup);
        await host.TryStartAsync(Backup);
        await Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return host.Script.CountOf(BaseBackupReports.ReadBackupProgress) == 2;
        });
        taking.SetResult();
        await host.EndOfAsync(Backup);
    }

    private static async Task RunWithHangingRemoteAsync(ScriptedHost host)
    {
        var hanging = host.Script.Hold("ReplicateWal near");
        await host.TryStartAsync(Wal);
        await Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return host.Script.CountOf("ReplicateWal far") == 2;
        });
        hanging.SetResult();
        await host.EndOfAsync(Wal);
    }

    /// <summary>What an upgrade finds: a session that is under way, after one that has ended.</summary>
    private static async Task RunUntilSecondSessionAsync(ScriptedHost host)
    {
        host.Script.Stream = before =>
        {
            host.Script.Hold(WalStreamActivities.StreamWal);
            return before with { Sessions = before.Sessions + 1 };
        };
        await host.TryStartAsync(Stream);
        await Until.TrueAsync(() => host.Script.CountOf(WalStreamActivities.StreamWal) == 2);
    }

    private static async Task RunUntilItPausesAsync(
        ScriptedHost host, Func<WalStreamStatus, WalStreamStatus> session)
    {
        host.Script.Stream = session;
        await host.TryStartAsync(Stream);
        await Until.TrueAsync(async () =>
            (await host.Client.GetInstanceAsync(Stream, true, TestContext.Current.CancellationToken))?
                .ReadCustomStatusAs<WalStreamStatus>() is { Error: not null });
    }
}
