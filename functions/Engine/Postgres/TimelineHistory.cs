using System.Globalization;
using System.Text.RegularExpressions;

namespace Highwater.Engine.Postgres;

/// <summary>
/// The ancestors of a timeline, as its history file tells them: one line each, <c>parent TAB switch point TAB
/// reason</c>, oldest first (readTimeLineHistory in access/transam/timeline.c).
/// </summary>
public sealed partial class TimelineHistory
{
    private TimelineHistory(uint timeline, IReadOnlyList<TimelineFork> forks)
    {
        Timeline = timeline;
        Forks = forks;
    }

    /// <summary>The youngest: the one the history is of.</summary>
    public uint Timeline { get; }

    /// <summary>
    /// Every ancestor and where it was left, oldest first, none later than its descendants. The file may say otherwise
    /// of one: a recovery towards timeline 2 that stops before that began makes it timeline 3's parent all the same
    /// (StartupXLOG in access/transam/xlog.c), and lines <c>1 F</c>, <c>2 E</c> with E before F. From E on there is
    /// only timeline 3 (tliOfPointInHistory in access/transam/timeline.c looks at the youngest first).
    /// </summary>
    public IReadOnlyList<TimelineFork> Forks { get; }

    /// <summary>A timeline without a history file: the first one of a cluster, or one whose file is not at
    /// hand.</summary>
    public static TimelineHistory WithoutFile(uint timeline) => new(timeline, []);

    /// <exception cref="FormatException">The text is not the history of that timeline.</exception>
    public static TimelineHistory Parse(uint timeline, string text)
    {
        var forks = new List<TimelineFork>();
        foreach (var line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            var match = Line.Match(line);
            if (!match.Success
                || !uint.TryParse(
                    match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var parent)
                || !Lsn.TryParse(match.Groups[2].Value, out var switchPoint))
                throw new FormatException(
                    $"The line '{line}' of {timeline:X8}.history does not name a timeline and the LSN where it was "
                    + "left.");
            if (parent >= timeline || (forks.Count > 0 && parent <= forks[^1].Parent))
                throw new FormatException($"The line '{line}' of {timeline:X8}.history is out of order.");
            forks.Add(new TimelineFork(parent, switchPoint));
        }

        for (var i = forks.Count - 2; i >= 0; i--)
        {
            if (forks[i].SwitchPoint > forks[i + 1].SwitchPoint)
                forks[i] = forks[i] with { SwitchPoint = forks[i + 1].SwitchPoint };
        }

        return forks.Count > 0
            ? new TimelineHistory(timeline, forks)
            : throw new FormatException($"{timeline:X8}.history names no parent timeline.");
    }

    /// <summary>The timeline that holds the byte at <paramref name="position"/>.</summary>
    public uint TimelineAt(Lsn position)
    {
        foreach (var fork in Forks)
        {
            if (position < fork.SwitchPoint)
                return fork.Parent;
        }

        return Timeline;
    }

    /// <summary>Where a timeline was left: what it has from there on is no part of this history. Null if it is no
    /// ancestor.</summary>
    public Lsn? LeftAt(uint timeline) =>
        Forks.Where(fork => fork.Parent == timeline).Select(fork => (Lsn?)fork.SwitchPoint).FirstOrDefault();

    /// <summary>Where a timeline of this history began: what it has before is a copy of its parent's. Null if it is the
    /// oldest one, or no part of it.</summary>
    public TimelineFork? OriginOf(uint timeline)
    {
        for (var i = 0; i < Forks.Count; i++)
        {
            if ((i + 1 < Forks.Count ? Forks[i + 1].Parent : Timeline) == timeline)
                return Forks[i];
        }

        return null;
    }

    /// <summary>How many bytes of a segment, from its first, are part of this history: none if its timeline was left
    /// before it, all if that was left after it or never.</summary>
    public long PartOf(WalSegmentName segment, WalSegmentSize size)
    {
        var start = segment.Start(size);
        if (LeftAt(segment.Timeline) is not { } left)
            return size.Bytes;
        return left > start ? (long)Math.Min(left.Value - start.Value, (ulong)size.Bytes) : 0;
    }

    [GeneratedRegex("^([0-9]{1,10})\\s+([0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8})(\\s|\\z)")]
    private static partial Regex Line { get; }
}
