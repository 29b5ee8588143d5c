using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Restore;

namespace Highwater.Engine.Tests.Restore;

public sealed class RecoveryTargetReaderTests
{
    [Theory]
    [InlineData("2026-11-22 14:30:00+01", "2026-11-22T13:30:00Z")]
    [InlineData("2026-11-22T14:30:00.123456Z", "2026-11-22T14:30:00.123456Z")]
    [InlineData("2026-11-22 14:30 -05:30", "2026-11-22T20:00:00Z")]
    [InlineData("2026-11-22 14:30:00 UTC", "2026-11-22T14:30:00Z")]
    [InlineData("2026-11-22 14:30:00+0100", "2026-11-22T13:30:00Z")]
    public void A_time_with_its_zone_is_one_instant(string text, string expected) =>
        Assert.Equal(
            DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
            RecoveryTargetReader.Read(new RecoveryTargetOptions(Time: text)).Time);

    [Theory]
    [InlineData("2026-11-22 14:30:00")]
    [InlineData("2026-11-22T14:30")]
    public void A_time_without_zone_is_refused_with_the_same_time_in_a_zone(string text)
    {
        var error = Refusal(new RecoveryTargetOptions(Time: text));

        Assert.Contains(text + "+00", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-13-40 00:00:00Z")]
    [InlineData("")]
    public void What_is_no_time_is_refused(string text) => Refusal(new RecoveryTargetOptions(Time: text));

    [Fact]
    public void Two_targets_are_refused() =>
        Refusal(new RecoveryTargetOptions(Lsn: "0/3000000", Immediate: true));

    [Theory]
    [InlineData("0-3000000")]
    [InlineData("G/1")]
    public void What_is_no_LSN_is_refused(string text) => Refusal(new RecoveryTargetOptions(Lsn: text));

    [Fact]
    public void The_epoch_of_a_transaction_is_taken_off() =>
        Assert.Equal(7u, RecoveryTargetReader.Read(new RecoveryTargetOptions(Xid: "4294967303")).Xid);

    [Fact]
    public void Nothing_given_is_the_latest_and_ends_in_a_server_that_takes_writes()
    {
        var target = RecoveryTargetReader.Read(new RecoveryTargetOptions());

        Assert.Equal(RecoveryTarget.Latest, target);
        Assert.Equal(RecoveryTargetAction.Promote, target.Action);
    }

    [Fact]
    public void Timeline_and_action_are_read()
    {
        var target = RecoveryTargetReader.Read(
            new RecoveryTargetOptions(Lsn: "0/3000000", Timeline: "0x1A", Action: "pause"));

        Assert.Equal(Lsn.Parse("0/3000000"), target.Lsn);
        Assert.Equal(26u, target.Timeline.Number);
        Assert.Equal(RecoveryTargetAction.Pause, target.Action);
        Refusal(new RecoveryTargetOptions(Timeline: "newest"));
        Refusal(new RecoveryTargetOptions(Action: "stop"));
    }

    private static HighwaterException Refusal(RecoveryTargetOptions options)
    {
        var error = Assert.Throws<HighwaterException>(() => RecoveryTargetReader.Read(options));
        Assert.Equal(ErrorCodes.RecoveryTargetInvalid, error.Code);
        return error;
    }
}
