using Highwater.Engine.Storage;

namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>The criteria of one repository. Pure.</summary>
internal static class RepositoryCriteria
{
    public static IEnumerable<CheckLine> Judge(
        CheckedRepository repository, CheckFacts facts, CheckedRepository first, int index)
    {
        var status = repository.Status;
        if (status.Fault is { } fault)
            return [Fault("repository", status.Name, fault)];
        return
        [
            .. OfArrival(repository, facts, first, index),
            Line("base-backup", status.Name, StatusJudge.OfBackups(status)),
            .. StatusJudge.OfUnusable(status).Select(line => Line("base-backup", status.Name, line)),
            .. WindowJudge.OfWindow(status).Select(line => Line("window", status.Name, line)),
            .. OfContinuity(status, facts),
            .. OfRetention(status, facts.Settings.RetentionCount),
            .. BacklogJudge.Judge(status).Select(line => Line("copy", status.Name, line)),
            OfDurability(status),
            SpaceCriterion.Judge(repository, facts.Settings.RetentionCount),
        ];
    }

    private static IEnumerable<CheckLine> OfArrival(
        CheckedRepository repository, CheckFacts facts, CheckedRepository first, int index)
    {
        if (facts.Probe?.Segment is not { } segment || repository.Arrival is not { } arrival)
            return [];
        var name = repository.Status.Name;
        if (arrival.Fault is { } fault)
            return [Fault("wal-arrival", name, fault)];
        if (arrival.After is { } after)
            return [new CheckLine(
                "wal-arrival", name, StatusLevel.Ok,
                $"WAL segment {segment}, closed for this check, arrived after {new Duration(after)}.")];
        return index == 0 ? [] : [new CheckLine(
            "wal-arrival", name, StatusLevel.Warn,
            $"WAL segment {segment} could not be followed beyond the repository '{first.Status.Name}'.",
            $"cure what is wrong with '{first.Status.Name}' first, then run this check again")];
    }

    private static IEnumerable<CheckLine> OfContinuity(RepositoryStatus status, CheckFacts facts)
    {
        var gaps = GapJudge.Judge(status, facts.Pace, facts.At)
            .Select(line => Line("continuity", status.Name, line)).ToList();
        if (gaps.Count > 0 || status.RecoveryPoint is not { } point)
            return gaps;
        return [new CheckLine(
            "continuity", status.Name, StatusLevel.Ok,
            $"No WAL is missing from the oldest base backup up to {point.Lsn} on timeline {point.Timeline}, which "
            + $"arrived {new Duration(point.Age)} ago.")];
    }

    private static IEnumerable<CheckLine> OfRetention(RepositoryStatus status, int keep)
    {
        if (status.RestorableBackups == 0)
            yield break;
        if (status.RestorableBackups > keep + 1)
            yield return new CheckLine(
                "retention", status.Name, StatusLevel.Warn,
                $"{status.RestorableBackups} restorable base backups are there, {keep} are to be kept: it was not "
                + "pruned.",
                "see why: highwater prune");
        else
            yield return new CheckLine(
                "retention", status.Name, StatusLevel.Ok,
                $"{status.RestorableBackups} restorable base backups are there, {keep} are to be kept"
                + (status.RestorableBackups < keep ? ": none has to go yet." : "."));
    }

    private static CheckLine OfDurability(RepositoryStatus status) => new(
        "durability", status.Name, StatusLevel.Ok,
        status.Storage!.Durability == Durability.Fsync
            ? "What is written is flushed to the device before it counts."
            : "What is written is read back and compared before it counts; the device cannot be told to flush.");

    private static CheckLine Line(string criterion, string repository, StatusLine line) =>
        new(criterion, repository, line.Level, line.Text, line.Remedy);

    private static CheckLine Fault(string criterion, string repository, StatusFault fault) =>
        new(criterion, repository, StatusLevel.Fail, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy);
}
