namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Whether the spool can be worked with, is emptied, and has room. Pure.</summary>
internal static class SpoolCriterion
{
    // Room for a burst of WAL while nobody empties the spool.
    private const int SegmentsOfRoom = 16;

    // A night in which nobody looks.
    private static readonly TimeSpan ShortTime = TimeSpan.FromHours(8);

    public static IEnumerable<CheckLine> Judge(CheckFacts facts) => facts.SpoolProbe.Fault is { } fault
        ? [Line(StatusLevel.Fail, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy)]
        : !facts.Spool.IsUsed
        ? OfStatus([.. StatusJudge.OfSpool(facts.Spool), .. StatusJudge.OfQuarantine(facts.Spool)])
        : [.. OfStatus(StatusJudge.OfSpool(facts.Spool)), .. OfRoom(facts),
            .. OfStatus(StatusJudge.OfQuarantine(facts.Spool))];

    private static IEnumerable<CheckLine> OfRoom(CheckFacts facts)
    {
        if (facts.SpoolProbe.FreeBytes is not { } free || facts.Server is not { } server)
            yield break;
        var room = $"{new ByteCount(free)} are free in {facts.Spool.Path}";
        const string Remedy = "make room there, or move the spool to a larger file system (WAL_SPOOL_PATH)";
        if (free < SegmentsOfRoom * server.WalSegmentSize.Bytes)
            yield return Line(StatusLevel.Fail, $"Only {room}: archive_command is about to fail.", Remedy);
        else if (facts.Repositories[0].Growth is not { WalBytesPerDay: > 0 } growth)
            yield return Line(
                StatusLevel.Ok, $"{room}; for how long that takes WAL shows when base backups span half a day.", null);
        else
        {
            // Beyond a century nobody counts, and a time span would not hold it.
            var time = TimeSpan.FromDays(Math.Min(36_500, (double)free / growth.WalBytesPerDay));
            var text = $"{room}: at {new ByteCount(growth.WalBytesPerDay)} of WAL a day it takes {new Duration(time)} "
                + "of WAL while nobody empties it.";
            yield return time < ShortTime ? Line(StatusLevel.Warn, text, Remedy) : Line(StatusLevel.Ok, text, null);
        }
    }

    private static IEnumerable<CheckLine> OfStatus(IEnumerable<StatusLine> lines) =>
        lines.Select(line => Line(line.Level, line.Text, line.Remedy));

    private static CheckLine Line(StatusLevel level, string text, string? remedy) =>
        new("spool", null, level, text, remedy);
}
