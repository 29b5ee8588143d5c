using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;
using Highwater.Engine.Postgres.WalRecords;
using Highwater.Engine.Storage;

namespace Highwater.Engine.Repository;

/// <summary>Decides whether a file may enter a repository's WAL archive under its name.</summary>
internal static class WalFileCheck
{
    // A history file has a line of some 50 bytes for each promotion, a backup history file some 300 bytes.
    private const int LongestSmallFile = 1 << 20;

    /// <summary>
    /// Checks a segment against its name and the cluster, proves every record in it, hashes it, and says what its
    /// records say. Of the unfinished segment of a promotion the proof ends where its records end.
    /// </summary>
    /// <param name="name">Of a segment, whole or partial.</param>
    /// <param name="plain">Seekable; read from its start to its end.</param>
    /// <param name="cluster">Whose it must be.</param>
    /// <param name="before">What the segment in front of it ended with; null if that is not known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>.</exception>
    public static async Task<WalSegmentHeader> DescribeSegmentAsync(
        WalFileName name,
        Stream plain,
        RepositoryDescription cluster,
        WalTail? before,
        CancellationToken cancellationToken)
    {
        var (header, summary) = await SummarizeAsync(name, plain, cluster, before, cancellationToken);
        if (summary.Damage is { } damage && name.Kind == WalFileKind.Segment)
            throw Damaged(name, damage, cluster.WalSegmentSize);
        return header;
    }

    /// <summary>As <see cref="DescribeSegmentAsync"/> of the <c>.partial</c> file, and says up to where its records are
    /// whole.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>.</exception>
    public static async Task<(WalSegmentHeader Header, Lsn ProvenTo)> DescribeUnfinishedAsync(
        WalSegmentName segment,
        Stream plain,
        RepositoryDescription cluster,
        WalTail? before,
        CancellationToken cancellationToken)
    {
        var (header, summary) = await SummarizeAsync(
            WalFileName.PartialOf(segment), plain, cluster, before, cancellationToken);
        return (header, summary.ProvenTo);
    }

    /// <summary>Reads a history or backup history file, and checks the former.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.WalInvalid"/>.</exception>
    public static async Task<byte[]> ReadSmallAsync(WalFileName name, Stream plain, CancellationToken cancellationToken)
    {
        if (plain.Length is 0 or > LongestSmallFile)
            throw Invalid(name, $"it has {plain.Length} bytes, which such a file never has");
        var bytes = new byte[plain.Length];
        await plain.ReadExactlyAsync(bytes, cancellationToken);
        return FindFault(name, bytes) is { } fault ? throw Invalid(name, fault) : bytes;
    }

    /// <summary>Reads such a file from where it is stored. Nothing beside it tells what it was; but an empty or cut
    /// one, given to recovery, would lead it to another timeline.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>.</exception>
    public static async Task<Stream> ReadStoredSmallAsync(
        WalFileName name, Stream stored, string what, CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        await stored.CopyToAsync(bytes, cancellationToken);
        if (FindFault(name, bytes.ToArray()) is { } fault)
            throw WalSegmentFrame.Damaged(what, fault);
        bytes.Position = 0;
        return bytes;
    }

    /// <summary>Checks that a stored segment is the one its key promises.</summary>
    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RepositoryDamaged"/>.</exception>
    public static void EnsureSame(WalFileName name, WalSegmentHeader header, RepositoryDescription cluster, string what)
    {
        if (header.Name != name.Name)
            throw WalSegmentFrame.Damaged(what, $"its first frame says it is {header.Name}");
        if (header.SystemIdentifier != cluster.SystemIdentifier)
            throw WalSegmentFrame.Damaged(what, $"its first frame names the cluster {header.SystemIdentifier}");
        if (header.Size != cluster.WalSegmentSize.Bytes)
            throw WalSegmentFrame.Damaged(what, $"its first frame says it has {header.Size} bytes");
    }

    private static string? FindFault(WalFileName name, byte[] small)
    {
        if (small.Length == 0)
            return "it is empty";
        if (name.Kind != WalFileKind.TimelineHistory)
            return null;
        if (small[^1] != (byte)'\n')
            return "it does not end with a whole line (writeTimeLineHistory in access/transam/timeline.c)";
        try
        {
            TimelineHistory.Parse(name.Segment.Timeline, Encoding.UTF8.GetString(small));
            return null;
        }
        catch (FormatException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    private static async Task<(WalSegmentHeader Header, WalSummary Summary)> SummarizeAsync(
        WalFileName name,
        Stream plain,
        RepositoryDescription cluster,
        WalTail? before,
        CancellationToken cancellationToken)
    {
        var size = cluster.WalSegmentSize;
        if (plain.Length != size.Bytes)
            throw Invalid(name, $"it has {plain.Length} bytes, but the cluster's segments have {size.Bytes}");
        plain.Position = 0;
        var firstBytes = new byte[WalPageHeader.Length];
        await plain.ReadExactlyAsync(firstBytes, cancellationToken);
        if (FindFault(name.Segment, firstBytes, cluster) is { } fault)
            throw Invalid(name, fault);
        plain.Position = 0;
        var summary = new WalSummary(name.Segment, size, before);
        var hash = await ReadAsync(plain, summary, cancellationToken);
        var header = new WalSegmentHeader(
            name.Name, hash, size.Bytes, cluster.SystemIdentifier,
            name.Segment.Timeline, name.Segment.Start(size), name.Segment.End(size), summary.ToContents());
        return (header, summary);
    }

    private static async Task<Sha256Hash> ReadAsync(
        Stream plain, WalSummary summary, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            while (await plain.ReadAsync(buffer, cancellationToken) is var count and > 0)
            {
                sha256.AppendData(buffer, 0, count);
                summary.Append(buffer.AsSpan(0, count));
            }

            return new Sha256Hash(sha256.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? FindFault(WalSegmentName segment, byte[] firstBytes, RepositoryDescription cluster)
    {
        if (!WalPageHeader.TryRead(firstBytes, out var page))
            return "it does not start with the page header of a WAL segment";
        if (page.SystemIdentifier != cluster.SystemIdentifier)
            return $"it was written by the cluster with system identifier {page.SystemIdentifier}, "
                + $"but this repository is that of {cluster.SystemIdentifier}";
        if (page.SegmentBytes != cluster.WalSegmentSize.Bytes)
            return $"its first page says that segments have {page.SegmentBytes} bytes, not "
                + $"{cluster.WalSegmentSize.Bytes}";
        if (page.PageAddress != segment.Start(cluster.WalSegmentSize))
            return $"its first page is that of {page.PageAddress}, but the name says "
                + $"{segment.Start(cluster.WalSegmentSize)}";

        // A timeline's first segment begins with pages of its parent, whose number is smaller.
        return page.Timeline == 0 || page.Timeline > segment.Timeline
            ? $"its first page is on timeline {page.Timeline}, but the name says {segment.Timeline}"
            : null;
    }

    private static HighwaterException Damaged(WalFileName name, WalDamage damage, WalSegmentSize size)
    {
        var fault = $"it is damaged at {damage.At}: {damage.Reason}";
        return damage.At >= name.Segment.Start(size)
            ? Invalid(name, fault)
            : new HighwaterException(
                ErrorCodes.WalInvalid,
                $"{name} does not go on from the segment before it, in which a record begins at {damage.At}: "
                + $"{damage.Reason}. One of the two is damaged, or they are of different servers.",
                "compare both with pg_wal on the server, if it still has them (zstd -dc of the stored one, cmp): if "
                + "this one differs, copy the server's into the spool under its name; if the stored one does, take a "
                + "base backup now ('highwater backup'), for no recovery passes it; and check this machine's disk and "
                + "memory");
    }

    private static HighwaterException Invalid(WalFileName name, string fault) => new(
        ErrorCodes.WalInvalid,
        $"{name} is not the WAL file its name promises: {fault}.",
        $"if the server still has it in pg_wal, copy it from there into the spool under its name; if it is another "
        + "server's, set that server's archive_command to a spool of its own; if it is lost, WAL has a gap here: "
        + "take a base backup now ('highwater backup'), restores of older ones end before the gap; and check this "
        + "machine's disk and memory if it was damaged");
}
