namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>Says which criteria are met, and what to do about the others. Pure.</summary>
internal static class CheckJudge
{
    // A lease and a time of day are off by this much; beyond a minute a recovery target misses what was meant.
    private static readonly TimeSpan NoticeableOffset = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HarmfulOffset = TimeSpan.FromMinutes(1);

    /// <summary>One line for each criterion, in the order of the way from the server to the copies.</summary>
    public static IReadOnlyList<CheckLine> Judge(CheckFacts facts) =>
    [
        OfSettings(facts),
        .. ServerCriteria.Judge(facts),
        .. SpoolCriterion.Judge(facts),
        .. facts.Repositories.SelectMany(
            (repository, index) => RepositoryCriteria.Judge(repository, facts, facts.Repositories[0], index)),
        .. facts.Clocks.Select(OfClock),
        .. OfSchedule(facts.Schedule, facts.Archiving?.Stream?.Slot?.ActivePid is not null),
    ];

    private static CheckLine OfSettings(CheckFacts facts)
    {
        var settings = facts.Settings;
        var text = $"They can be read: base backups at '{settings.Schedules.BaseBackup}', of which "
            + $"{settings.RetentionCount} are kept, and WAL syncs at '{settings.Schedules.WalSync}'";
        return settings.Repositories.Count > 1
            ? new CheckLine("settings", null, StatusLevel.Ok, $"{text}, in {settings.Repositories.Count} repositories.")
            : new CheckLine(
                "settings", null, StatusLevel.Warn,
                $"{text}. There is no remote repository: the loss of this machine's disks is the loss of all backups.",
                "set REMOTE_BACKUP_HOST, REMOTE_BACKUP_USER and REMOTE_BACKUP_PATH");
    }

    private static CheckLine OfClock(ClockOffset clock)
    {
        var off = clock.Ahead.Duration();
        if (off < NoticeableOffset)
            return new CheckLine(
                "clock", null, StatusLevel.Ok, $"The clock of {clock.Whose} agrees with this machine's.");
        return new CheckLine(
            "clock",
            null,
            off < HarmfulOffset ? StatusLevel.Warn : StatusLevel.Fail,
            $"The clock of {clock.Whose} is {new Duration(off)} "
            + $"{(clock.Ahead > TimeSpan.Zero ? "ahead of" : "behind")} this machine's: times of backups and recovery "
            + "targets do not mean the same moment.",
            "let both machines keep time: timedatectl set-ntp true");
    }

    private static IEnumerable<CheckLine> OfSchedule(ScheduleFacts? schedule, bool isStreaming)
    {
        if (schedule is null)
            return [];
        if (schedule.Fault is { } fault)
            return [Line(StatusLevel.Fail, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy)];
        if (schedule.Runner is null)
            return [Line(
                StatusLevel.Warn,
                "No 'highwater serve' runs here, so nothing takes base backups or syncs WAL by itself.",
                "start it: highwater serve; where the Azure Functions host does its work, nothing is to be done")];
        return [Line(StatusLevel.Ok, $"'highwater serve' answers at {schedule.Runner}.", null),
            .. from run in schedule.LastRuns
               let failure = run.Fault
               where failure is not null
               let isPast = run.IsPastIfStreaming && isStreaming
               select Line(
                   isPast ? StatusLevel.Warn : StatusLevel.Fail,
                   (isPast ? $"{run.Name} goes on, after " : $"The last {run.Name} did not do all it should: ")
                       + $"{failure.Code}: {failure.WhatHappened}",
                   failure.Remedy)];

        static CheckLine Line(StatusLevel level, string text, string? remedy) =>
            new("schedule", null, level, text, remedy);
    }
}
