using Highwater.Engine.Diagnostics;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Diagnostics;

public sealed class ServerJudgeTests
{
    private const string Segment = "000000010000000000000007";

    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ArchiverStatistics Good = new(7, Segment, Now.AddMinutes(-1), 0, null, null);

    private static readonly ServerStatus Healthy =
        new(null, new SystemIdentifier(1), new Lsn(8 << 24), "on", Good, ["local"], 0);

    [Fact]
    public void An_archive_that_works_and_arrives_is_well() =>
        Assert.Equal(StatusLevel.Ok, Assert.Single(ServerJudge.Judge(Healthy, Now)).Level);

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
        Assert.Contains(ServerJudge.Judge(nowhere, Now), line => line.Level == StatusLevel.Warn);
        AssertFails(nowhere with { Archiver = Good with { LastArchivedAt = Now.AddMinutes(-6) } }, Segment);
    }

    [Fact]
    public void Many_finished_segments_that_wait_are_a_warning()
    {
        Assert.DoesNotContain(ServerJudge.Judge(Healthy with { WaitingSegments = 8 }, Now), IsWarning);
        Assert.Contains(ServerJudge.Judge(Healthy with { WaitingSegments = 9 }, Now), IsWarning);
    }

    private static bool IsWarning(StatusLine line) => line is { Level: StatusLevel.Warn, Remedy: not null };

    private static void AssertFails(ServerStatus server, string about)
    {
        var line = Assert.Single(ServerJudge.Judge(server, Now), line => line.Level == StatusLevel.Fail);
        Assert.Contains(about, line.Text, StringComparison.Ordinal);
        Assert.NotNull(line.Remedy);
    }
}
