using System.Globalization;
using System.Text.RegularExpressions;

namespace Highwater.Engine.Postgres;

/// <summary>
/// The name of any file PostgreSQL archives, taken apart. The patterns are those of IsXLogFileName,
/// IsPartialXLogFileName, IsBackupHistoryFileName and IsTLHistoryFileName in access/xlog_internal.h.
/// </summary>
/// <param name="Kind">What the file is.</param>
/// <param name="Segment">The segment it belongs to; of a timeline history only the timeline counts.</param>
/// <param name="Name">The name as PostgreSQL wrote it.</param>
public readonly partial record struct WalFileName(WalFileKind Kind, WalSegmentName Segment, string Name)
    : IComparable<WalFileName>
{
    /// <summary>Whether repositories keep it compressed: segments, whole or partial. The others are a few hundred
    /// bytes.</summary>
    public bool IsCompressed => Kind is WalFileKind.Segment or WalFileKind.PartialSegment;

    /// <summary>A whole segment as a file.</summary>
    public static WalFileName Of(WalSegmentName segment) => new(WalFileKind.Segment, segment, segment.ToString());

    /// <summary>An unfinished segment as PostgreSQL archives it at a promotion.</summary>
    public static WalFileName PartialOf(WalSegmentName segment) =>
        new(WalFileKind.PartialSegment, segment, segment + ".partial");

    /// <summary>The history file of a timeline. Timeline 1 has none.</summary>
    public static WalFileName HistoryOf(uint timeline) =>
        new(WalFileKind.TimelineHistory, new WalSegmentName(timeline, 0, 0), $"{timeline:X8}.history");

    /// <exception cref="FormatException">PostgreSQL archives no file of this name.</exception>
    public static WalFileName Parse(string name) => TryParse(name, out var file)
        ? file
        : throw new FormatException($"'{name}' is not the name of an archived WAL file.");

    /// <summary>Recognises the four kinds; any other name is not an archived file.</summary>
    public static bool TryParse(string? name, out WalFileName file)
    {
        file = default;
        if (name is null || !Pattern.IsMatch(name))
            return false;
        var suffix = name[(name.LastIndexOf('.') + 1)..];
        if (suffix == "history")
        {
            file = HistoryOf(
                uint.Parse(name.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            return true;
        }

        var kind = suffix switch
        {
            "partial" => WalFileKind.PartialSegment,
            "backup" => WalFileKind.BackupHistory,
            _ => WalFileKind.Segment,
        };
        file = new WalFileName(kind, WalSegmentName.Parse(name[..24]), name);
        return true;
    }

    private (bool, uint, uint, uint) SortKey =>
        (Kind != WalFileKind.TimelineHistory, Segment.Log, Segment.Segment, Segment.Timeline);

    /// <summary>
    /// The order in which WAL is to be kept: histories first, for they are small and everything after a promotion
    /// needs them; then by position in the log, and by timeline where positions are equal.
    /// </summary>
    public int CompareTo(WalFileName other)
    {
        var order = SortKey.CompareTo(other.SortKey);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    [GeneratedRegex("^([0-9A-F]{24}(\\.partial|\\.[0-9A-F]{8}\\.backup)?|[0-9A-F]{8}\\.history)\\z")]
    private static partial Regex Pattern { get; }
}
