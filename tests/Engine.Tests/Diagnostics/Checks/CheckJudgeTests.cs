using CsCheck;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Diagnostics.Checks;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;
using Highwater.Engine.Storage;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Tests.Diagnostics.Checks;

public sealed class CheckJudgeTests
{
    private static readonly StatusFault Fault = new("HW301", "The host does not answer.", "bring it back");

    private static readonly string[] PerRepository =
        ["wal-arrival", "base-backup", "window", "continuity", "retention", "durability", "space"];

    /// <summary>What is made worse, the criterion that says so, its level, and words of text or remedy.</summary>
    public static TheoryData<string, CheckFacts, string, StatusLevel, string> Worse => new()
    {
        { "no remote", Of(f => f with { Settings = f.Settings with { Repositories = [f.Settings.Repositories[0]] } }),
            "settings", StatusLevel.Warn, "REMOTE_BACKUP_HOST" },
        { "server away", Of(f => f with { Server = null, Unmet = [Fault], Archiving = null, Probe = null }),
            "server", StatusLevel.Fail, "bring it back" },
        { "no right to switch", OfServer(s => s with { Role = s.Role with { MaySwitchWal = false } }),
            "server", StatusLevel.Warn, "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO highwater" },
        { "no right to replicate", Of(f => f with { Unmet = [Fault with { Code = "HW203" }] }),
            "server", StatusLevel.Fail, "HW203" },
        { "archiving off", Of(f => f with { Unmet = [Fault with { Code = "HW205" }], Probe = null }),
            "archiving", StatusLevel.Fail, "HW205" },
        { "another command", OfServer(s => s with { ArchiveCommand = "cp %p /there/%f" }),
            "archiving", StatusLevel.Warn, "cp %p /there/%f" },
        { "a library", OfServer(s => s with { ArchiveLibrary = "basic_archive" }),
            "archiving", StatusLevel.Warn, "RESET archive_library" },
        { "command fails", Of(f => f with { Archiving = f.Archiving! with { Archiver = f.Archiving.Archiver! with
            { FailedCount = 3, LastFailedWal = "0000", LastFailedAt = CheckScene.Now } } }),
            "archiving", StatusLevel.Fail, "log" },
        { "no timeout", OfServer(s => s with { ArchiveTimeout = TimeSpan.Zero }),
            "archive-timeout", StatusLevel.Warn, "SET archive_timeout = 60" },
        { "long timeout", OfServer(s => s with { ArchiveTimeout = TimeSpan.FromHours(1) }),
            "archive-timeout", StatusLevel.Warn, "1 h" },
        { "nothing closed", Of(f => f with { Probe = f.Probe! with { Segment = null, Fault = Fault } }),
            "wal-arrival", StatusLevel.Fail, "bring it back" },
        { "a standby", Of(f => f with { Server = f.Server! with { InRecovery = true, ArchiveMode = "always" },
            Archiving = f.Archiving! with { InRecovery = true, ArchiveMode = "always" }, Probe = null }),
            "wal-arrival", StatusLevel.Warn, "POSTGRES_HOST" },
        { "did not arrive", CheckScene.WithRemote(r => r with { Arrival = new WalArrival("remote", null, Fault) }),
            "wal-arrival", StatusLevel.Fail, "bring it back" },
        { "was not tried", CheckScene.WithRemote(r => r with { Arrival = new WalArrival("remote", null) }),
            "wal-arrival", StatusLevel.Warn, "'local' first" },
        { "spool closed", Of(f => f with { SpoolProbe = f.SpoolProbe with { Fault = Fault } }),
            "spool", StatusLevel.Fail, "bring it back" },
        { "no quarantine", Of(f => f with { Spool = SpoolStatus.Unused("/spool", 0),
            SpoolProbe = f.SpoolProbe with { Fault = Fault } }),
            "spool", StatusLevel.Fail, "bring it back" },
        { "spool full", Of(f => f with { SpoolProbe = f.SpoolProbe with { FreeBytes = 1 << 20 } }),
            "spool", StatusLevel.Fail, "1.0 MiB" },
        { "set aside", Of(f => f with { Spool = f.Spool with { Quarantined = 2 } }),
            "spool", StatusLevel.Warn, "/spool/quarantine" },
        { "waits", Of(f => f with { Spool = f.Spool with { Files = 9, OldestAge = TimeSpan.FromHours(2) } }),
            "spool", StatusLevel.Fail, "highwater wal-sync" },
        { "remote away", CheckScene.WithRemoteStatus(s => s with { Fault = Fault }),
            "repository", StatusLevel.Fail, "bring it back" },
        { "a run missed", CheckScene.WithRemoteStatus(s => s with { Freshness = new(1, TimeSpan.FromDays(1)) }),
            "base-backup", StatusLevel.Warn, "every 1 d" },
        { "three missed", CheckScene.WithRemoteStatus(s => s with { Freshness = new(3, TimeSpan.FromDays(1)) }),
            "base-backup", StatusLevel.Fail, "highwater backup" },
        { "no restorable", CheckScene.WithRemoteStatus(s => s with { RestorableBackups = 0, NewestRestorable = null }),
            "base-backup", StatusLevel.Fail, "highwater backup" },
        { "a gap", CheckScene.WithRemoteStatus(s => s with { Gaps = [Gap(s.NewestRestorable!, null)] }),
            "continuity", StatusLevel.Fail, $"{CheckScene.Segment}" },
        { "a gap a minute old", CheckScene.WithRemoteStatus(s => s with
            { Gaps = [Gap(s.NewestRestorable!, null) with { Since = CheckScene.Now.AddMinutes(-1) }] }),
            "continuity", StatusLevel.Warn, "on its way" },
        { "a gap aside", CheckScene.WithRemoteStatus(s => s with
            { Gaps = [Gap(s.NewestRestorable!, null) with { IsOnLatestPath = false }] }),
            "continuity", StatusLevel.Warn, "a timeline that was left" },
        { "a gap the other one fills", CheckScene.WithRemoteStatus(s => s with
            { Gaps = [Gap(s.NewestRestorable!, null) with { HeldBy = "local" }] }),
            "continuity", StatusLevel.Warn, "highwater wal-sync" },
        { "a gap with an end", CheckScene.WithRemoteStatus(
            s => s with { Gaps = [Gap(BackupId.New(CheckScene.Now.AddDays(-2), []), s.NewestRestorable)] }),
            "continuity", StatusLevel.Warn, "can be restored" },
        { "end unreadable", CheckScene.WithRemoteStatus(s => s with { Window = null, WindowFault = Fault }),
            "window", StatusLevel.Fail, "bring it back" },
        { "not pruned", CheckScene.WithRemoteStatus(s => s with { Backups = 12, RestorableBackups = 12 }),
            "retention", StatusLevel.Warn, "highwater prune" },
        { "useless ones", CheckScene.WithRemoteStatus(s => s with { Unusable = [new(s.NewestRestorable!, "torn")] }),
            "base-backup", StatusLevel.Warn, "torn" },
        { "behind", CheckScene.WithRemoteStatus(s => s with { Behind = new ReplicationBacklog(1, 0, 5, null) }),
            "copy", StatusLevel.Warn, "1 base backup" },
        { "old backlog", CheckScene.WithRemoteStatus(
            s => s with { Behind = new ReplicationBacklog(0, 1, 5, TimeSpan.FromMinutes(11)) }),
            "copy", StatusLevel.Warn, "11 min" },
        { "a day behind", CheckScene.WithRemoteStatus(
            s => s with { Behind = new ReplicationBacklog(0, 99, 5, TimeSpan.FromHours(25)) }),
            "copy", StatusLevel.Fail, "1 d 1 h" },
        { "little room in the spool", Of(f => f with { SpoolProbe = f.SpoolProbe with { FreeBytes = 500 << 20 } }),
            "spool", StatusLevel.Warn, "5 h 5" },
        { "nearly full", CheckScene.WithRemoteStatus(s => s with { Storage = s.Storage! with { FreeBytes = 1 << 30 } }),
            "space", StatusLevel.Warn, "BACKUP_RETENTION_COUNT" },
        { "a clock ahead", Of(f => f with { Clocks = [new ClockOffset("the server", TimeSpan.FromSeconds(20))] }),
            "clock", StatusLevel.Warn, "20.0 s ahead of" },
        { "a clock far behind", Of(f => f with { Clocks = [new ClockOffset("the server", TimeSpan.FromHours(-1))] }),
            "clock", StatusLevel.Fail, "1 h behind" },
        { "nothing runs", Of(f => f with { Schedule = new ScheduleFacts(null, null, []) }),
            "schedule", StatusLevel.Warn, "highwater serve" },
        { "runner silent", Of(f => f with { Schedule = new ScheduleFacts("http://x", Fault, []) }),
            "schedule", StatusLevel.Fail, "bring it back" },
        { "a failed run", Of(f => f with { Schedule = new ScheduleFacts("http://x", null, [new("WalSync", Fault)]) }),
            "schedule", StatusLevel.Fail, "The last WalSync" },
    };

    private static WalGap Gap(BackupId cutOff, BackupId? endedBy) => new(
        new WalRange(CheckScene.Segment, CheckScene.Segment), null, [cutOff], CheckScene.Now.AddHours(-3),
        CheckScene.Now.AddHours(-4), endedBy, endedBy is null ? null : CheckScene.Now.AddHours(-2));

    [Fact]
    public void A_healthy_installation_meets_every_criterion_and_each_is_named()
    {
        var lines = CheckScene.Judge(CheckScene.Healthy);

        Assert.All(lines, line => Assert.Equal((line.Criterion, StatusLevel.Ok), (line.Criterion, line.Level)));
        string[] expected =
            ["settings", "server", "archiving", "archive-timeout", "spool", "copy", "clock", "schedule"];
        Assert.Empty(expected.Except(lines.Select(line => line.Criterion)));
        Assert.All(PerRepository, criterion => Assert.Equal(
            ["local", "remote"], lines.Where(line => line.Criterion == criterion).Select(line => line.Subject)));
    }

    [Theory]
    [MemberData(nameof(Worse))]
    public void What_is_wrong_is_said_by_its_criterion_alone_with_the_remedy(
        string what, CheckFacts facts, string criterion, StatusLevel level, string words)
    {
        var wrong = CheckScene.Judge(facts).Where(line => line.Level != StatusLevel.Ok).ToList();

        Assert.True(wrong.Count > 0, what);
        Assert.All(wrong, line => Assert.Equal((what, criterion, level), (what, line.Criterion, line.Level)));
        Assert.Contains(wrong, line => $"{line.Text} {line.Remedy}".Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void Whatever_is_wrong_together_no_line_lacks_its_remedy_and_each_wrong_thing_stays_said()
    {
        var worse = Worse.Select(row => row.Data).ToList();
        Gen.Select(Gen.Int[0, worse.Count - 1], Gen.Int[0, 50], Gen.Long[0, 4L << 40], Gen.Long[1, 1L << 42])
            .Sample((index, backups, free, perDay) =>
            {
                var (_, facts, criterion, level, _) = worse[index];
                var status = facts.Repositories[0].Status;
                var local = facts.Repositories[0] with
                {
                    Growth = new RepositoryGrowth(TimeSpan.FromDays(1), perDay, perDay),
                    Status = status with
                    {
                        Backups = backups, RestorableBackups = backups,
                        NewestRestorable = backups == 0 ? null : status.NewestRestorable,
                        Storage = new StorageFacts(Durability.ReadBack, false, free, 4L << 40),
                    },
                };
                var lines = CheckScene.Judge(facts with { Repositories = [local, facts.Repositories[1]] });
                return lines.All(line => line.Level == StatusLevel.Ok || line.Remedy is { Length: > 0 })
                    && lines.Any(line => line.Criterion == criterion && line.Level >= level);
            });
    }

    [Fact]
    public void Room_is_judged_by_the_days_it_lasts_until_base_backups_begin_to_go()
    {
        // Ten days to grow into, 1 GiB a day.
        Assert.Equal(StatusLevel.Ok, Space(12L << 30, restorable: 1).Level);
        Assert.Equal(StatusLevel.Warn, Space(9L << 30, restorable: 1).Level);

        // As much goes as comes: only days to act are needed.
        Assert.Equal(StatusLevel.Ok, Space(9L << 30, restorable: 10).Level);
        Assert.Equal(StatusLevel.Warn, Space(2L << 30, restorable: 10).Level);
        var nearlyOut = Space(1L << 29, restorable: 10);
        Assert.Equal(StatusLevel.Fail, nearlyOut.Level);
        Assert.Contains("highwater prune", nearlyOut.Remedy!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_is_off_only_by_what_no_delay_explains()
    {
        var at = CheckScene.Now;
        Assert.Equal(TimeSpan.Zero, ClockOffset.Between("x", at.AddSeconds(1), at, at.AddSeconds(2)).Ahead);
        Assert.Equal(TimeSpan.FromSeconds(-3), ClockOffset.Between("x", at.AddSeconds(-3), at, at).Ahead);
        Assert.Equal(TimeSpan.FromSeconds(4), ClockOffset.Between("x", at.AddSeconds(6), at, at.AddSeconds(2)).Ahead);
    }

    private static CheckLine Space(long free, int restorable) => Assert.Single(
        CheckScene.Judge(CheckScene.WithRemoteStatus(status => status with
        {
            RestorableBackups = restorable,
            Backups = restorable,
            Storage = new StorageFacts(Durability.Fsync, true, free, 16L << 30),
        })),
        line => line is { Criterion: "space", Subject: "remote" });

    private static CheckFacts Of(Func<CheckFacts, CheckFacts> change) => change(CheckScene.Healthy);

    [Theory]
    [InlineData(true, StatusLevel.Warn)]
    [InlineData(false, StatusLevel.Fail)]
    public void An_interruption_of_the_stream_is_past_as_soon_as_it_streams_again(bool streams, StatusLevel level)
    {
        var slot = new ReplicationSlot("highwater", true, streams ? 42 : null, new Lsn(1), "reserved", new Lsn(2));
        var fault = new StatusFault("HW201", "It does not answer.", "start it");
        var facts = CheckScene.Healthy with
        {
            Archiving = CheckScene.Healthy.Archiving! with { Stream = new StreamStatus("highwater", slot, 1_000, 0) },
            Schedule = new ScheduleFacts("http://127.0.0.1:7071", null, [new LastRun("WalStream", fault, true)]),
        };

        var line = CheckScene.Judge(facts).Single(l => l.Text.Contains("HW201", StringComparison.Ordinal));

        Assert.Equal(("schedule", level), (line.Criterion, line.Level));
    }

    private static CheckFacts OfServer(Func<ServerFacts, ServerFacts> change) =>
        CheckScene.Healthy with { Server = change(CheckScene.Server) };
}
