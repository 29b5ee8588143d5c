using System.Text.RegularExpressions;
using Highwater.TestKit.Postgres;

namespace Highwater.EndToEnd.Tests.Chaos;

/// <summary>Compares the WAL of a repository with what the server itself has kept, without a line of this
/// program.</summary>
internal static partial class ArchivedWal
{
    /// <summary>
    /// The repository holds every segment from the first to the last, each with the server's bytes, and pg_waldump
    /// finds as many records of each kind in them as in the server's own.
    /// </summary>
    public static async Task AssertIsThatOfAsync(
        PostgresServer server, string repository, string first, string last, string scratch,
        CancellationToken cancellationToken)
    {
        var kept = Path.Combine(server.DataDirectory, "pg_wal");
        var expected = Segments(Directory.GetFiles(kept), first, last);
        Assert.Equal(Number(last) - Number(first) + 1, expected.Count);
        var stored = Directory.GetFiles(Path.Combine(repository, "wal-archive"), "*.zst", SearchOption.AllDirectories)
            .Where(path => !RepositoryFiles.IsPiece(path)).ToArray();
        Assert.Equal(expected, Segments(stored, first, last));

        Directory.CreateDirectory(scratch);
        await Tool.RunAsync(new("zstd", ["-dq", "--output-dir-flat", scratch, .. stored]), cancellationToken);
        foreach (var segment in expected)
        {
            var same = File.ReadAllBytes(Path.Combine(kept, segment)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(scratch, segment)));
            Assert.True(same, $"{segment} of {repository} is not what the server has");
        }

        Assert.Equal(
            await CountsAsync(kept, first, last, cancellationToken),
            await CountsAsync(scratch, first, last, cancellationToken));
    }

    private static List<string> Segments(IEnumerable<string> paths, string first, string last) =>
        [.. paths.Select(path => Path.GetFileName(path).Replace(".zst", "", StringComparison.Ordinal))
            .Where(name => SegmentName().IsMatch(name))
            .Where(name => string.CompareOrdinal(name, first) >= 0 && string.CompareOrdinal(name, last) <= 0)
            .Order(StringComparer.Ordinal)];

    /// <summary>The number of a segment of 1 MiB, of which 4096 fit in 4 GiB.</summary>
    private static long Number(string segment) =>
        (Convert.ToInt64(segment[8..16], 16) * 4096) + Convert.ToInt64(segment[16..], 16);

    private static async Task<string> CountsAsync(
        string folder, string first, string last, CancellationToken cancellationToken)
    {
        var counts = await Tool.RunAsync(
            new(PostgresBinaries.PathOf("pg_waldump"), ["--stats=record", "--path", folder, first, last]),
            cancellationToken);
        Assert.Matches(@"(?m)^Total +[1-9]\d*", counts);
        return counts;
    }

    [GeneratedRegex("^[0-9A-F]{24}$")]
    private static partial Regex SegmentName();
}
