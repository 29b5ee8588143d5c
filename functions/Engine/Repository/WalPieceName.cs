using System.Globalization;
using System.Text.RegularExpressions;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>
/// A piece of a segment that the server has not finished yet, as streaming keeps it. Pieces are never changed: more
/// bytes are another piece. Not to be taken for the <c>.partial</c> file that PostgreSQL archives at a promotion.
/// </summary>
/// <param name="Segment">The segment it is of.</param>
/// <param name="From">Its first byte, counted from the start of the segment.</param>
/// <param name="To">The first byte after it, counted the same.</param>
public readonly partial record struct WalPieceName(WalSegmentName Segment, long From, long To)
{
    /// <summary>How many bytes it has.</summary>
    public long Length => To - From;

    /// <summary>Parses a name as <see cref="ToString"/> writes it.</summary>
    public static bool TryParse(string? text, out WalPieceName piece)
    {
        piece = default;
        if (text is null || Pattern.Match(text) is not { Success: true } match)
            return false;
        piece = new WalPieceName(WalSegmentName.Parse(match.Groups[1].Value), Hex(match, 2), Hex(match, 3));
        return piece.From < piece.To;
    }

    /// <summary>Such as <c>000000010000000000000004.00000000-0001A000.partial</c>.</summary>
    public override string ToString() => $"{Segment}.{From:X8}-{To:X8}.partial";

    private static long Hex(Match match, int group) =>
        long.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    [GeneratedRegex("^([0-9A-F]{24})\\.([0-9A-F]{8})-([0-9A-F]{8})\\.partial\\z")]
    private static partial Regex Pattern { get; }
}
