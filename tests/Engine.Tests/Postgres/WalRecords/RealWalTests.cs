using System.Globalization;
using System.Text.RegularExpressions;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres.WalRecords;

/// <summary>What a real server writes, compared with what pg_waldump makes of it.</summary>
public sealed partial class RealWalTests
{
    private static readonly WalSegmentSize Size = new(1 << 20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Real_segments_have_the_records_pg_waldump_shows()
    {
        await using var server = await StartWithHistoryAsync();
        var last = Lsn.Parse(await server.QueryAsync<string>("SELECT pg_switch_wal()::text", Token));
        await server.StopAsync(Token);
        var first = WalSegmentName.Before(1, new Lsn(last.Value - (3 * (ulong)Size.Bytes)), Size);
        var final = WalSegmentName.Before(1, last, Size);

        var dumped = await Tool.RunAsync(
            PostgresAccount.Command(
                PostgresBinaries.PathOf("pg_waldump"), "-p", Path.Combine(server.DataDirectory, "pg_wal"),
                "-s", first.Start(Size).ToString(), "-e", final.End(Size).ToString()),
            Token);

        var expected = dumped.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Shown).ToList();
        var actual = await ReadAsync(server.DataDirectory, first, final);
        Assert.Contains(actual, shown => shown.Contains("COMMIT", StringComparison.Ordinal));
        Assert.Contains(actual, shown => shown.Contains("ABORT", StringComparison.Ordinal));
        Assert.Contains(actual, shown => shown.Contains("before the end", StringComparison.Ordinal));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task Every_flipped_bit_in_a_record_is_found_in_its_segment_or_the_next()
    {
        await using var server = await StartWithHistoryAsync();
        var last = Lsn.Parse(await server.QueryAsync<string>("SELECT pg_switch_wal()::text", Token));
        await server.StopAsync(Token);
        var first = WalSegmentName.Before(1, new Lsn(last.Value - (3 * (ulong)Size.Bytes)), Size);
        WalSegmentName[] both = [first, first.Next(Size)];
        var bytes = both.SelectMany(segment => File.ReadAllBytes(PathOf(server.DataDirectory, segment))).ToArray();
        var (records, tail) = Read(bytes, first);
        var random = new Random(20_261_127);
        for (var i = 0; i < 400; i++)
        {
            // Of a record that ends within the two segments: the next would find the rest.
            var start = records[random.Next(1, records.Count)];
            var offset = (int)(start.Value - first.Start(Size).Value) + random.Next(0, 20);
            if (offset / 8192 != (int)(start.Value - first.Start(Size).Value) / 8192)
                continue;
            bytes[offset] ^= (byte)(1 << (i % 8));
            var (_, flippedTail) = Read(bytes, first);
            bytes[offset] ^= (byte)(1 << (i % 8));
            Assert.True(flippedTail is null, $"A flip at {offset} in the record {start} was not found.");
        }

        Assert.NotNull(tail);
    }

    private static async Task<PostgresServer> StartWithHistoryAsync()
    {
        var server = await PostgresServer.StartAsync(
            new PostgresServerOptions
            {
                WalSegmentMegabytes = 1,
                Settings = new Dictionary<string, string> { ["wal_keep_size"] = "'200MB'" },
            },
            Token);
        await server.ExecuteAsync(
            "CREATE TABLE t AS SELECT repeat(md5(g::text), 20) x FROM generate_series(1, 8000) g", Token);
        for (var i = 0; i < 40; i++)
            await server.ExecuteAsync("UPDATE t SET x = x || 'y' WHERE ctid IN (SELECT ctid FROM t LIMIT 50)", Token);
        await server.ExecuteAsync("BEGIN; DELETE FROM t; ROLLBACK", Token);
        await server.ExecuteAsync("SELECT pg_create_restore_point('before the end')", Token);
        await server.ExecuteAsync("INSERT INTO t VALUES ('last')", Token);
        return server;
    }

    private static async Task<List<string>> ReadAsync(string dataDirectory, WalSegmentName first, WalSegmentName last)
    {
        var shown = new List<string>();
        var parser = new WalRecordParser(first.Start(Size), 1, null, record =>
        {
            var landmark = WalLandmark.Of(record);
            shown.Add($"{record.Xid} {record.Start}" + landmark switch
            {
                null => "",
                { Kind: WalLandmarkKind.RestorePoint } => $" {landmark.Name}",
                _ => $" {landmark.Kind.ToString().ToUpperInvariant()} "
                    + landmark.At.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            });
        });
        foreach (var segment in WalSegmentName.Range(first, last, Size))
            parser.Append(await File.ReadAllBytesAsync(PathOf(dataDirectory, segment), Token));
        Assert.Null(parser.Damage);
        return shown;
    }

    /// <summary>The starts of all records, and what the last segment ended with: null if it is damaged.</summary>
    private static (List<Lsn> Records, WalTail? Tail) Read(byte[] wal, WalSegmentName first)
    {
        var records = new List<Lsn>();
        var parser = new WalRecordParser(first.Start(Size), 1, null, record => records.Add(record.Start));
        parser.Append(wal);
        return (records, parser.Damage is null ? new WalTail(parser.LastRecord, null, parser.Open) : null);
    }

    private static string PathOf(string dataDirectory, WalSegmentName segment) =>
        Path.Combine(dataDirectory, "pg_wal", segment.ToString());

    /// <summary>A line of pg_waldump in the words of this test.</summary>
    private static string Shown(string line)
    {
        var match = Line.Match(line);
        Assert.True(match.Success, line);
        var description = match.Groups["what"].Value;
        var end = TransactionEnd.Match(description);
        var landmark = end.Success
            ? $" {end.Groups[1].Value} {end.Groups[2].Value}"
            : description.StartsWith(
                "RESTORE_POINT ", StringComparison.Ordinal) ? " " + description["RESTORE_POINT ".Length..] : "";
        return $"{match.Groups["xid"].Value} {Lsn.Parse(match.Groups["lsn"].Value)}{landmark}";
    }

    [GeneratedRegex("tx: +(?<xid>[0-9]+), lsn: (?<lsn>[0-9A-F]+/[0-9A-F]+), prev .*?, desc: (?<what>.*)$")]
    private static partial Regex Line { get; }

    [GeneratedRegex("^(COMMIT|ABORT) ([0-9-]+ [0-9:.]+) ")]
    private static partial Regex TransactionEnd { get; }
}
