using CsCheck;
using Highwater.Engine.Postgres;
using Highwater.Engine.Repository;

namespace Highwater.Engine.Tests.Postgres;

public sealed class WalSegmentNameTests
{
    private static readonly Gen<WalSegmentSize> Sizes = Gen.Int[20, 30].Select(bits => new WalSegmentSize(1L << bits));

    private static readonly Gen<(uint Timeline, Lsn Lsn, WalSegmentSize Size)> Positions =
        Gen.Select(Gen.UInt[1, 500], Gen.ULong[1, 1UL << 60].Select(v => new Lsn(v)), Sizes);

    [Fact]
    public void The_segment_of_a_position_contains_it() => Positions.Sample((timeline, lsn, size) =>
    {
        var name = WalSegmentName.Containing(timeline, lsn, size);
        Assert.True(name.Start(size) <= lsn && lsn < name.End(size));
        Assert.Equal(name.End(size), name.Next(size).Start(size));
        Assert.True(name.CompareTo(name.Next(size)) < 0);
        Assert.True(name.Segment < size.SegmentsPerLog);
    });

    [Fact]
    public void The_segment_before_a_position_holds_the_byte_before_it() => Positions.Sample((timeline, lsn, size) =>
        Assert.Equal(
            WalSegmentName.Containing(
                timeline, new Lsn(lsn.Value - 1), size), WalSegmentName.Before(timeline, lsn, size)));

    [Fact]
    public void Names_survive_their_text_and_their_key() => Positions.Sample((timeline, lsn, size) =>
    {
        var name = WalSegmentName.Containing(timeline, lsn, size);
        Assert.Equal(name, WalSegmentName.Parse(name.ToString()));
        Assert.True(WalFileName.TryParse(name.ToString(), out var file));
        Assert.Equal(file, RepositoryLayout.WalFileOf(RepositoryLayout.WalFile(file)));
    });

    [Theory]
    [InlineData("00000002.history", WalFileKind.TimelineHistory, "wal-archive/00000002.history")]
    [InlineData("000000010000000A00000002", WalFileKind.Segment,
        "wal-archive/000000010000000A/000000010000000A00000002.zst")]
    [InlineData("000000010000000A00000002.partial", WalFileKind.PartialSegment,
        "wal-archive/000000010000000A/000000010000000A00000002.partial.zst")]
    [InlineData("000000010000000A00000002.00000028.backup", WalFileKind.BackupHistory,
        "wal-archive/000000010000000A/000000010000000A00000002.00000028.backup")]
    public void Every_kind_of_archived_file_has_its_key(string name, WalFileKind kind, string key)
    {
        Assert.True(WalFileName.TryParse(name, out var file));
        Assert.Equal(kind, file.Kind);
        Assert.Equal(key, RepositoryLayout.WalFile(file));
        Assert.Equal(file, RepositoryLayout.WalFileOf(key));
    }

    [Theory]
    [InlineData("000000010000000A0000000")]
    [InlineData("000000010000000a00000002")]
    [InlineData("000000010000000A00000002.gz")]
    [InlineData("archive_status")]
    public void Other_names_are_not_archived_files(string name) => Assert.False(WalFileName.TryParse(name, out _));

    [Fact]
    public void An_lsn_reads_as_PostgreSQL_prints_it()
    {
        Assert.Equal(0x16_B374D848UL, Lsn.Parse("16/B374D848").Value);
        Gen.ULong.Sample(value => Assert.Equal(value, Lsn.Parse(new Lsn(value).ToString()).Value));
        Gen.String.Sample(text => Assert.True(!Lsn.TryParse(text, out var lsn) || lsn == Lsn.Parse(lsn.ToString())));
    }
}
