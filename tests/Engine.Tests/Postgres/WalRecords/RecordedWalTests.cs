using System.Text.Json;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.TestKit.Postgres;
using ZstdSharp;

namespace Highwater.Engine.Tests.Postgres.WalRecords;

/// <summary>
/// WAL of each PostgreSQL version there is support for, recorded by <c>infra/record-wal</c> together with what the
/// server itself says of its transactions.
/// </summary>
public sealed class RecordedWalTests
{
    private const string Folder = "tests/Engine.Tests/Postgres/WalRecords/Recorded";
    private static readonly WalSegmentSize Size = new(1 << 20);

    public static TheoryData<string> Versions =>
        [.. Directory.GetDirectories(SourceTree.PathOf(Folder)).Select(folder => Path.GetFileName(folder)!)];

    [Fact]
    public void Every_supported_version_is_recorded() =>
        Assert.Equal(["13", "14", "15", "16", "17", "18"], Versions.Select(v => v.Data).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Versions))]
    public void Each_version_s_segments_are_proven_and_say_what_the_server_says(string version)
    {
        var (facts, segments) = Read(version);
        var contents = new List<WalContents>();
        foreach (var (name, bytes) in segments)
        {
            var summary = new WalSummary(name, Size, contents.LastOrDefault()?.Tail);
            summary.Append(bytes);
            Assert.Null(summary.Damage);
            contents.Add(summary.ToContents());
        }

        var said = facts.GetProperty("transactions").EnumerateArray().Select(
            transaction => (
                Xid: transaction.GetProperty("xid").GetUInt32(),
                At: transaction.GetProperty("at").GetDateTimeOffset())).ToList();
        Assert.Equal(2, contents.Count);
        Assert.All(contents.Skip(1), c => Assert.NotNull(c.Tail));
        Assert.Equal(said[^1].At, contents[^1].Tail!.NewestTransactionAt);
        Assert.Equal(said[0].At, contents[0].FirstTransactionAt);
        Assert.Equal(said[^1].Xid, contents[^1].HighestXid);
        Assert.All(said, transaction => Assert.Contains(contents, c => c.MayHoldEndOf(transaction.Xid)));
        Assert.Equal("recorded", Assert.Single(contents.SelectMany(c => c.RestorePoints ?? [])).Name);
        Assert.Contains(contents, c => c.Checkpoint is not null);
        Assert.All(contents, c => Assert.Null(c.TimelineSwitch));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Each_version_s_transactions_end_when_the_server_says(string version)
    {
        var (facts, segments) = Read(version);
        var ends = new Dictionary<uint, DateTimeOffset>();
        var parser = new WalRecordParser(segments[0].Name.Start(Size), 1, null, record =>
        {
            if (WalLandmark.Of(record) is { Kind: WalLandmarkKind.Commit } commit)
                ends[commit.Xid] = commit.At;
        });
        foreach (var (_, bytes) in segments)
            parser.Append(bytes);
        Assert.Null(parser.Damage);
        foreach (var transaction in facts.GetProperty("transactions").EnumerateArray())
            Assert.Equal(
                transaction.GetProperty("at").GetDateTimeOffset(), ends[transaction.GetProperty("xid").GetUInt32()]);
    }

    private static (JsonElement Facts, List<(WalSegmentName Name, byte[] Bytes)> Segments) Read(string version)
    {
        var folder = Path.Combine(SourceTree.PathOf(Folder), version);
        using var zstd = new Decompressor();
        return (
            JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "facts.json"))).RootElement,
            [.. Directory.GetFiles(folder, "*.zst").Order(StringComparer.Ordinal).Select(file => (
                WalSegmentName.Parse(Path.GetFileNameWithoutExtension(file)),
                zstd.Unwrap(File.ReadAllBytes(file)).ToArray()))]);
    }
}
