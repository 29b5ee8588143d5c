using System.Globalization;
using System.Text.RegularExpressions;
using Highwater.Engine.Postgres;
using Highwater.TestKit.Postgres;

namespace Highwater.Engine.Tests.Postgres;

public sealed partial class WalRecordReaderTests
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
    public async Task A_flipped_byte_ends_the_reading_there()
    {
        await using var server = await StartWithHistoryAsync();
        var last = Lsn.Parse(await server.QueryAsync<string>("SELECT pg_switch_wal()::text", Token));
        await server.StopAsync(Token);
        var segment = WalSegmentName.Before(1, new Lsn(last.Value - (2 * (ulong)Size.Bytes)), Size);
        var bytes = await File.ReadAllBytesAsync(PathOf(server.DataDirectory, segment), Token);
        var whole = await CountAsync(bytes, segment);
        bytes[bytes.Length / 2] ^= 1;

        Assert.InRange(await CountAsync(bytes, segment), 1, whole - 1);
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
        using var wal = new MemoryStream();
        foreach (var segment in WalSegmentName.Range(first, last, Size))
            wal.Write(await File.ReadAllBytesAsync(PathOf(dataDirectory, segment), Token));
        wal.Position = 0;
        var records = new WalRecordReader(wal, first.Start(Size));
        var shown = new List<string>();
        while (await records.NextAsync(Token) is { } record)
        {
            var landmark = WalLandmark.Of(record);
            shown.Add($"{record.Xid} {record.Start}" + landmark switch
            {
                null => "",
                { Kind: WalLandmarkKind.RestorePoint } => $" {landmark.Name}",
                _ => $" {landmark.Kind.ToString().ToUpperInvariant()} "
                    + landmark.At.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            });
        }

        return shown;
    }

    private static async Task<int> CountAsync(byte[] segment, WalSegmentName name)
    {
        var records = new WalRecordReader(new MemoryStream(segment), name.Start(Size));
        var count = 0;
        while (await records.NextAsync(Token) is not null)
            count++;
        return count;
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
