using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Diagnostics.Checks;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Tests.Diagnostics.Checks;

/// <summary>The facts of an installation that meets every criterion; tests change one thing.</summary>
internal static class CheckScene
{
    public static readonly DateTimeOffset Now = new(2026, 6, 20, 12, 0, 0, TimeSpan.Zero);

    public static readonly WalSegmentName Segment = WalSegmentName.Parse("000000010000000000000007");

    private static readonly ArchiverStatistics Archiver = new(7, Segment.ToString(), Now.AddSeconds(-2), 0, null, null);

    public static readonly ServerFacts Server = new(
        new SystemIdentifier(1), 150_018, new WalSegmentSize(16 << 20), 1, new Lsn(8 << 24), false, "/data", true,
        "replica", 10, "on", "/usr/local/bin/archive-wal \"%p\" \"%f\"", "", TimeSpan.FromMinutes(1), 1 << 30,
        new ServerRole(true, true, true), Archiver, []);

    private static readonly HighwaterSettings Settings = new(
        new PostgresOptions("localhost", 5432, "postgres", "highwater", null),
        [new RepositoryOptions("local", "/local"), new RepositoryOptions("remote", "sftp://h@r/remote")],
        "/spool", 10, new ScheduleOptions("0 2 * * *", "00:01:00"), "/state");

    public static readonly StatusPace Pace = StatusPace.Of(Settings.Schedules, TimeProvider.System);

    public static CheckFacts Healthy { get; } = new(
        Now, Pace, Settings, Server, [],
        new ServerStatus(null, Server.SystemIdentifier, Server.CurrentLsn, "on", Archiver, ["local", "remote"], 0)
        {
            NewestArrived = Segment,
            NotArrived = 0,
            ArchiveTimeout = Server.ArchiveTimeout,
        },
        new WalProbe(Segment, null, Now.AddSeconds(-3), []),
        [Repository("local", null), Repository("remote", new ReplicationBacklog(0, 0, 0, null))],
        new SpoolStatus("/spool", null, 0, 0, null), new SpoolProbe(null, 1L << 40),
        [new ClockOffset("the server", TimeSpan.Zero)],
        new ScheduleFacts("http://127.0.0.1:7071", null, [new LastRun("BaseBackup", null)]));

    public static IReadOnlyList<CheckLine> Judge(CheckFacts facts) => CheckJudge.Judge(facts);

    /// <summary>The healthy facts with the second repository changed.</summary>
    public static CheckFacts WithRemote(Func<CheckedRepository, CheckedRepository> change) =>
        Healthy with { Repositories = [Healthy.Repositories[0], change(Healthy.Repositories[1])] };

    /// <summary>The same with its status changed.</summary>
    public static CheckFacts WithRemoteStatus(Func<RepositoryStatus, RepositoryStatus> change) =>
        WithRemote(remote => remote with { Status = change(remote.Status) });

    private static CheckedRepository Repository(string name, ReplicationBacklog? behind)
    {
        var newest = BackupId.New(Now.AddHours(-10), []);
        var point = new RecoveryPoint(1, new Lsn(8 << 24), Segment, Now.AddSeconds(-1), TimeSpan.FromSeconds(1));
        var status = new RepositoryStatus(
            name, "/" + name, null, new StorageFacts(Durability.Fsync, true, 1L << 40, 2L << 40), [], 10, 10,
            newest,
            TimeSpan.FromHours(10), new BackupFreshness(0, TimeSpan.FromDays(1)), point, [], behind)
        {
            Window = new RestorableWindow(Now.AddDays(-9), newest, Now.AddSeconds(-3)),
        };
        return new CheckedRepository(
            status,
            new WalArrival(name, TimeSpan.FromSeconds(1), null, Now.AddSeconds(-1), Now.AddSeconds(-1)),
            new RepositoryGrowth(TimeSpan.FromDays(7), 1L << 30, 2L << 30));
    }
}
