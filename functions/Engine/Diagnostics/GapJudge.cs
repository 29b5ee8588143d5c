using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says what recovery cannot pass, which base backups that cuts off, and what to do. Pure.</summary>
internal static class GapJudge
{
    private const int MostNamed = 5;

    /// <summary>One line for each gap; none where WAL is unbroken.</summary>
    public static IEnumerable<StatusLine> Judge(RepositoryStatus status, StatusPace pace, DateTimeOffset now) =>
        status.Gaps.Select(gap => OfGap(gap, status, pace, now));

    private static StatusLine OfGap(WalGap gap, RepositoryStatus status, StatusPace pace, DateTimeOffset now)
    {
        var missing = gap.Segments is null ? $"The history file {gap.What} is missing" : $"WAL {gap.What} is missing";
        if (!gap.IsSettled(now, pace.OnItsWay))
            return Line(
                StatusLevel.Warn,
                $"{missing}, though later WAL came {new Duration(now - gap.Since)} ago: it may still be on its way.",
                "look again in a few minutes");
        if (gap.HeldBy is { } source && status.Behind is not null)
            return Line(
                StatusLevel.Warn,
                $"{missing}, which '{source}' has: recovery ends before it until it is copied.",
                "it comes by itself while 'highwater serve' runs; to bring it now: highwater wal-sync");
        if (!gap.IsOnLatestPath)
            return Line(
                StatusLevel.Warn,
                $"{missing}: no restore to a timeline that was left passes it.",
                "nothing, unless you want to go back to that timeline; what still has it closes the gap: "
                + "highwater verify --repair");
        return gap.IsOpen ? OfOpen(gap, missing) : OfEnded(gap, missing);

        StatusLine OfOpen(WalGap open, string what) => Line(
            StatusLevel.Fail,
            $"{what} since {WindowJudge.Moment(open.Since)}: {CutOff(open)} before it, and no restorable base backup "
            + "lies beyond it. Nothing written since then can be restored"
            + (open.HeldBy is { } name ? $" from here; '{name}' has what is missing." : "."),
            open.HeldBy is null
                ? "take a base backup now: highwater backup ('highwater serve' does so by itself, once); if the "
                + "server's pg_wal or quarantine/ of the spool still has it, put it into the spool: highwater wal-sync"
                : "bring it over: highwater verify --repair");

        StatusLine OfEnded(WalGap ended, string what) => Line(
            StatusLevel.Warn,
            $"{what}: {CutOff(ended)} before it. No moment "
            + (ended.LastStoredBefore is { } last ? $"from about {WindowJudge.Moment(last)} " : "")
            + $"up to {WindowJudge.Moment(ended.EndedAt!.Value)}, when the base backup {ended.EndedBy} ended, can be "
            + "restored.",
            ended.HeldBy is { } name
                ? $"'{name}' has what is missing: highwater verify --repair"
                : "nothing: this goes when those base backups are pruned");

        StatusLine Line(StatusLevel level, string text, string remedy) => new(level, status.Name, text, remedy);
    }

    private static string CutOff(WalGap gap) =>
        (gap.CutOff.Count == 1 ? "recovery from the base backup " : "recovery from the base backups ")
        + string.Join(", ", gap.CutOff.TakeLast(MostNamed))
        + (gap.CutOff.Count > MostNamed ? $" and {gap.CutOff.Count - MostNamed} older ones ends" : " ends");
}
