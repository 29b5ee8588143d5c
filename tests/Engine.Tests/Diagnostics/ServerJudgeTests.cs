using Highwater.Engine.Configuration;
using Highwater.Engine.Diagnostics;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Diagnostics;

public sealed class ServerJudgeTests
{
    private const string Segment = "000000010000000000000007";

    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ArchiverStatistics Good = new(7, Segment, Now.AddMinutes(-1), 0, null, null);

    private static readonly ServerStatus Healthy =
        new(null, new SystemIdentifier(1), new Lsn(8 << 24), "on", Good, ["local"], 0)
        {
            CurrentSegment = WalSegmentName.Parse("000000010000000000000008"),
            NewestArrived = WalSegmentName.Parse(Segment),
            NotArrived = 0,
            ArchiveTimeout = TimeSpan.FromMinutes(1),
        };

    private static readonly StatusPace Pace =
        new(Recurrence.TryParse("0 2 * * *", TimeZoneInfo.Utc)!, TimeSpan.FromMinutes(1));

    [Fact]
    public void An_archive_that_works_and_arrives_is_well() =>
        Assert.Equal(StatusLevel.Ok, Assert.Single(ServerJudge.Judge(Healthy, Pace, Now)).Level);

    [Fact]
    public void A_server_that_does_not_answer_or_does_not_archive_fails()
    {
        var fault = new StatusFault("HW201", "It does not answer.", "start it");
        AssertFails(Healthy with { Fault = fault }, "HW201");
        AssertFails(Healthy with { ArchiveMode = "off" }, "archive_mode");
    }

    [Fact]
    public void A_failing_archive_command_fails_though_it_worked_before() => AssertFails(
        Healthy with { Archiver = Good with { FailedCount = 3, LastFailedWal = "X", LastFailedAt = Now } }, "3 times");

    [Fact]
    public void An_archived_file_that_is_nowhere_fails_as_soon_as_it_cannot_be_on_its_way()
    {
        var nowhere = Healthy with { LastArchivedAt = [] };
        Assert.Contains(ServerJudge.Judge(nowhere, Pace, Now), line => line.Level == StatusLevel.Warn);
        AssertFails(nowhere with { Archiver = Good with { LastArchivedAt = Now.AddMinutes(-6) } }, Segment);
    }

    [Fact]
    public void Many_finished_segments_that_wait_are_a_warning()
    {
        Assert.DoesNotContain(ServerJudge.Judge(Healthy with { WaitingSegments = 8 }, Pace, Now), IsWarning);
        Assert.Contains(ServerJudge.Judge(Healthy with { WaitingSegments = 9 }, Pace, Now), IsWarning);
    }

    [Fact]
    public void A_command_that_only_says_it_archived_fails_as_soon_as_more_is_missing_than_can_be_on_its_way()
    {
        // archive_command = '/bin/true': the server is well, archived a second ago, and nothing comes.
        var hollow = Healthy with
        {
            Archiver = Good with { LastArchivedAt = Now.AddSeconds(-1) },
            LastArchivedAt = [],
            NewestArrived = WalSegmentName.Parse("000000010000000000000003"),
            NotArrived = 4,
        };
        AssertFails(hollow, "the newest segment that came is 000000010000000000000003");
        Assert.DoesNotContain(
            ServerJudge.Judge(hollow with { NotArrived = 1 }, Pace, Now), line => line.Level == StatusLevel.Fail);
    }

    [Fact]
    public void An_archiver_that_takes_nothing_though_the_server_writes_on_fails()
    {
        var silent = Healthy with
        {
            Archiver = Good with { LastArchivedAt = Now.AddMinutes(-6) }, WaitingSegments = 3,
        };
        AssertFails(silent, "3 finished WAL segments wait");

        // With a long archive_timeout the silence may be the server's own.
        Assert.DoesNotContain(
            ServerJudge.Judge(silent with { ArchiveTimeout = TimeSpan.FromHours(1) }, Pace, Now),
            line => line.Level == StatusLevel.Fail);

        var promoted = silent with { CurrentSegment = WalSegmentName.Parse("00000002000000000000000B") };
        AssertFails(promoted, "of timeline 1, the server writes timeline 2");
    }

    [Fact]
    public void Statistics_that_were_reset_do_not_hide_an_archive_that_stands_still()
    {
        var empty = new ArchiverStatistics(0, null, null, 0, null, null) { ResetAt = Now.AddMinutes(-1) };
        var reset = Healthy with { Archiver = empty, LastArchivedAt = [], WaitingSegments = null };
        Assert.Equal(StatusLevel.Ok, Assert.Single(ServerJudge.Judge(reset, Pace, Now)).Level);

        var behind = reset with { NotArrived = 3 };
        Assert.Equal(StatusLevel.Warn, Assert.Single(ServerJudge.Judge(behind, Pace, Now)).Level);
        AssertFails(behind with { Archiver = empty with { ResetAt = Now.AddMinutes(-6) } }, "3 segments");
        AssertFails(behind with { NotArrived = 9 }, "9 segments");

        var never = reset with { NewestArrived = null, NotArrived = null };
        Assert.Equal(StatusLevel.Warn, Assert.Single(ServerJudge.Judge(never, Pace, Now)).Level);
    }

    [Fact]
    public void A_standby_archives_only_with_archive_mode_always()
    {
        var standby = Healthy with { InRecovery = true, LastArchivedAt = [], Archiver = Good };
        var line = Assert.Single(ServerJudge.Judge(standby, Pace, Now));
        Assert.Equal(StatusLevel.Warn, line.Level);
        Assert.Contains("POSTGRES_HOST", line.Remedy!, StringComparison.Ordinal);
        Assert.Equal(
            StatusLevel.Ok,
            Assert.Single(ServerJudge.Judge(Healthy with { InRecovery = true, ArchiveMode = "always" }, Pace, Now))
                .Level);
    }

    private static bool IsWarning(StatusLine line) => line is { Level: StatusLevel.Warn, Remedy: not null };

    private static void AssertFails(ServerStatus server, string about)
    {
        var line = Assert.Single(ServerJudge.Judge(server, Pace, Now), line => line.Level == StatusLevel.Fail);
        Assert.Contains(about, line.Text, StringComparison.Ordinal);
        Assert.NotNull(line.Remedy);
    }
}
