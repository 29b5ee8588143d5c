using Highwater.Engine.Diagnostics;
using Highwater.Engine.Diagnostics.Checks;

namespace Highwater.Engine.Tests.Diagnostics.Checks;

public sealed class ArchiveCommandCriterionTests
{
    private const string Good = "/usr/local/bin/archive-wal \"%p\" \"%f\"";

    [Theory]
    [InlineData(Good)]
    [InlineData("/opt/x/archive-wal %p %f")]
    [InlineData("WAL_SPOOL_PATH=/spool /usr/local/bin/archive-wal \"%p\" \"%f\"")]
    [InlineData("WAL_SPOOL_PATH='/spool/' '/usr/local/bin/archive-wal' '%p' '%f'")]
    [InlineData("test -d /spool && archive-wal \"%p\" \"%f\"")]
    [InlineData("umask 027; archive-wal \"%p\" \"%f\"")]
    [InlineData("archive-wal \"%p\" \"%f\" 2>>/var/log/archive.log")]
    [InlineData("archive-wal \"%p\" \"%f\" 2>&1")]
    [InlineData("if test -d /spool; then archive-wal \"%p\" \"%f\"; fi")]
    public void A_command_that_hands_WAL_to_the_spool_is_well(string command)
    {
        var line = Assert.Single(Judge(command));
        Assert.True(line.Level == StatusLevel.Ok, $"{command}: {line.Text}");
    }

    [Theory]
    [InlineData("/bin/true", StatusLevel.Fail, "does nothing")]
    [InlineData("true", StatusLevel.Fail, "does nothing")]
    [InlineData(" : ", StatusLevel.Fail, "does nothing")]
    [InlineData("exit 0", StatusLevel.Fail, "does nothing")]
    [InlineData("echo %p", StatusLevel.Fail, "does nothing")]
    [InlineData("cp %p /there/%f", StatusLevel.Warn, "does not call archive-wal")]
    [InlineData(Good + " || true", StatusLevel.Fail, "hides failures")]
    [InlineData(Good + " || /bin/true", StatusLevel.Fail, "hides failures")]
    [InlineData(Good + " || exit 0", StatusLevel.Fail, "hides failures")]
    [InlineData(Good + "; true", StatusLevel.Fail, "hides failures")]
    [InlineData(Good + "; logger done", StatusLevel.Fail, "hides failures")]
    [InlineData(Good + " | logger", StatusLevel.Fail, "hides failures")]
    [InlineData(Good + " &", StatusLevel.Fail, "hides failures")]
    [InlineData("archive-wal \"%f\" \"%p\"", StatusLevel.Fail, "\"%p\" \"%f\"")]
    [InlineData("archive-wal \"%p\"", StatusLevel.Fail, "\"%p\" \"%f\"")]
    [InlineData("archive-wal", StatusLevel.Fail, "\"%p\" \"%f\"")]
    [InlineData(Good + " 2>/dev/null", StatusLevel.Warn, "does not say why")]
    [InlineData(Good + " >/dev/null 2>&1", StatusLevel.Warn, "does not say why")]
    [InlineData(Good + " &>/dev/null", StatusLevel.Warn, "does not say why")]
    [InlineData("WAL_SPOOL_PATH=/elsewhere " + Good, StatusLevel.Warn, "is taken from /spool")]
    public void A_command_that_loses_WAL_or_keeps_silent_is_named_with_the_one_to_set(
        string command, StatusLevel level, string words)
    {
        var line = Assert.Single(Judge(command));
        Assert.Equal((command, level), (command, line.Level));
        Assert.Contains(words, line.Text, StringComparison.Ordinal);
        Assert.StartsWith("ALTER SYSTEM SET archive_command = '", line.Remedy, StringComparison.Ordinal);
        Assert.Contains("archive-wal \"%p\" \"%f\"'; SELECT pg_reload_conf();", line.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_to_set_keeps_the_place_of_the_script_and_names_the_spool_where_one_was_named()
    {
        var remedy = Assert.Single(Judge("WAL_SPOOL_PATH=/elsewhere /opt/archive-wal %p %f")).Remedy!;
        Assert.StartsWith(
            "ALTER SYSTEM SET archive_command = 'WAL_SPOOL_PATH=/spool /opt/archive-wal \"%p\" \"%f\"'", remedy,
            StringComparison.Ordinal);
        Assert.Contains("WAL_SPOOL_PATH=/elsewhere here", remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_faults_are_all_said() => Assert.Equal(
        [StatusLevel.Fail, StatusLevel.Warn, StatusLevel.Fail, StatusLevel.Warn],
        Judge("archive-wal \"%f\" \"%p\" 2>/dev/null").Concat(Judge("cp %p /there/%f || true"))
            .Select(line => line.Level));

    private static List<CheckLine> Judge(string command) =>
        [.. ArchiveCommandCriterion.Judge(CheckScene.Server with { ArchiveCommand = command }, "/spool")];
}
