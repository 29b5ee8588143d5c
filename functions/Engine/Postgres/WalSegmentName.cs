using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Highwater.Engine.Postgres;

/// <summary>
/// The name of a WAL segment file: 24 hex digits, eight each for timeline, log and segment within the log
/// (XLogFileName in access/xlog_internal.h). Ordered by timeline, then position.
/// </summary>
/// <param name="Timeline">The timeline the segment was written on.</param>
/// <param name="Log">The upper 32 bits of its LSNs.</param>
/// <param name="Segment">Its number within the log; below <see cref="WalSegmentSize.SegmentsPerLog"/>.</param>
[JsonConverter(typeof(WalSegmentNameJsonConverter))]
public readonly partial record struct WalSegmentName(uint Timeline, uint Log, uint Segment)
    : IComparable<WalSegmentName>
{
    /// <summary>Parses exactly 24 upper-case hex digits; nothing else is a segment's name.</summary>
    public static bool TryParse(string? text, out WalSegmentName name)
    {
        name = default;
        if (text is null || !Pattern.IsMatch(text))
            return false;
        name = new WalSegmentName(Hex(text, 0), Hex(text, 8), Hex(text, 16));
        return true;
    }

    /// <exception cref="FormatException">The text is not a segment's name.</exception>
    public static WalSegmentName Parse(string text) => TryParse(text, out var name)
        ? name
        : throw new FormatException($"'{text}' is not the name of a WAL segment such as 000000010000000000000002.");

    /// <summary>The segment that holds the byte at <paramref name="lsn"/>.</summary>
    public static WalSegmentName Containing(uint timeline, Lsn lsn, WalSegmentSize size) =>
        FromNumber(timeline, lsn.Value / (ulong)size.Bytes, size);

    /// <summary>
    /// The segment that holds the last byte before <paramref name="lsn"/>: the one a backup that stops there needs last
    /// (XLByteToPrevSeg in xlog_internal.h).
    /// </summary>
    public static WalSegmentName Before(uint timeline, Lsn lsn, WalSegmentSize size) =>
        FromNumber(timeline, (lsn.Value - 1) / (ulong)size.Bytes, size);

    /// <summary>The segment with a number counted from the start of the log.</summary>
    public static WalSegmentName FromNumber(uint timeline, ulong number, WalSegmentSize size) =>
        new(timeline, (uint)(number / size.SegmentsPerLog), (uint)(number % size.SegmentsPerLog));

    /// <summary>Every segment from one to another of the same timeline, both included.</summary>
    public static IEnumerable<WalSegmentName> Range(WalSegmentName first, WalSegmentName last, WalSegmentSize size)
    {
        for (var number = first.Number(size); number <= last.Number(size); number++)
            yield return FromNumber(first.Timeline, number, size);
    }

    /// <summary>The number of this segment counted from the start of the log.</summary>
    public ulong Number(WalSegmentSize size) => ((ulong)Log * size.SegmentsPerLog) + Segment;

    /// <summary>The first byte of the segment.</summary>
    public Lsn Start(WalSegmentSize size) => new(Number(size) * (ulong)size.Bytes);

    /// <summary>The first byte after the segment.</summary>
    public Lsn End(WalSegmentSize size) => new((Number(size) + 1) * (ulong)size.Bytes);

    /// <summary>The segment after this one on the same timeline.</summary>
    public WalSegmentName Next(WalSegmentSize size) => FromNumber(Timeline, Number(size) + 1, size);

    public int CompareTo(WalSegmentName other) =>
        (Timeline, Log, Segment).CompareTo((other.Timeline, other.Log, other.Segment));

    /// <inheritdoc/>
    public override string ToString() => $"{Timeline:X8}{Log:X8}{Segment:X8}";

    private static uint Hex(string text, int offset) =>
        uint.Parse(text.AsSpan(offset, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex("^[0-9A-F]{24}\\z")]
    private static partial Regex Pattern { get; }
}
