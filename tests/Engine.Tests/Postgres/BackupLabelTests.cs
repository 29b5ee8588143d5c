using CsCheck;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed class BackupLabelTests
{
    private const string Real =
        "START WAL LOCATION: 0/900028 (file 000000010000000000000009)\nCHECKPOINT LOCATION: 0/900060\n"
        + "BACKUP METHOD: streamed\nBACKUP FROM: primary\nSTART TIME: 2026-11-22 16:41:19 UTC\n"
        + "LABEL: hello\nSTART TIMELINE: 1\n";

    private static readonly Gen<BackupLabel> Labels =
        from start in Gen.ULong
        from checkpoint in Gen.ULong
        from segment in Gen.Select(Gen.UInt, Gen.UInt, Gen.UInt, (t, l, s) => new WalSegmentName(t, l, s))
        from timeline in Gen.UInt
        from label in Gen.Char[" :()/abcSTARTIMELN"].Array[1, 40]
        from standby in Gen.Bool
        select new BackupLabel(
            new Lsn(start), segment, new Lsn(checkpoint), timeline, "2026-11-22 16:41:19 CET",
            new string(label), standby);

    [Fact]
    public void A_label_written_by_the_server_is_read()
    {
        var label = BackupLabel.Parse(Real);
        Assert.Equal(Lsn.Parse("0/900028"), label.StartLsn);
        Assert.Equal(WalSegmentName.Parse("000000010000000000000009"), label.StartSegment);
        Assert.Equal(Lsn.Parse("0/900060"), label.CheckpointLsn);
        Assert.Equal(1u, label.Timeline);
        Assert.Equal("hello", label.Label);
        Assert.False(label.FromStandby);
    }

    [Fact]
    public void Whatever_the_server_writes_is_read_back() =>
        Labels.Sample(label => BackupLabel.Parse(Write(label)) == label);

    [Fact]
    public void A_label_cut_off_anywhere_is_refused() => Gen.Int[0, Real.Length - 1].Sample(
        length => Assert.Equal(ErrorCodes.BaseBackupFailed, Refusal(Real[..length])!.Code));

    [Fact]
    public void Garbage_is_refused_with_the_named_error() => Gen.Select(Gen.Int[0, Real.Length - 1], Gen.Char).Sample(
        change => Refusal(Real[..change.Item1] + change.Item2 + Real[(change.Item1 + 1)..]));

    private static HighwaterException? Refusal(string text)
    {
        try
        {
            BackupLabel.Parse(text);
            return null;
        }
        catch (HighwaterException e)
        {
            return e;
        }
    }

    private static string Write(BackupLabel label) =>
        $"START WAL LOCATION: {label.StartLsn} (file {label.StartSegment})\n"
        + $"CHECKPOINT LOCATION: {label.CheckpointLsn}\n"
        + $"BACKUP METHOD: streamed\nBACKUP FROM: {(label.FromStandby ? "standby" : "primary")}\n"
        + $"START TIME: {label.StartTime}\nLABEL: {label.Label}\nSTART TIMELINE: {label.Timeline}\n";
}
