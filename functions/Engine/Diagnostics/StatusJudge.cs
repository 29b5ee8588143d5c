using Highwater.Engine.Storage;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says what the facts mean. Pure.</summary>
internal static class StatusJudge
{
    public const string Spool = "spool";
    public const string Server = "server";

    // WAL is synced every minute by default.
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan TooLongWait = TimeSpan.FromHours(1);

    private const double LittleRoom = 0.05;

    /// <summary>All that is to be said, in the order of the parts.</summary>
    public static IReadOnlyList<StatusLine> Judge(
        IReadOnlyList<RepositoryStatus> repositories,
        SpoolStatus spool,
        ServerStatus? server,
        StatusPace pace,
        DateTimeOffset now) =>
    [
        .. repositories.SelectMany((repository, index) => OfRepository(repository, index == 0, pace, now)),
        .. OfAll(repositories),
        .. OfSpool(spool),
        .. OfQuarantine(spool),
        .. server is null ? [] : ServerJudge.Judge(server, pace, now),
        .. server is null || repositories.Count == 0
            ? []
            : StreamJudge.OfStandstill(server, repositories[0].Name, repositories[0].RecoveryPoint, pace),
    ];

    private static IEnumerable<StatusLine> OfAll(IReadOnlyList<RepositoryStatus> repositories)
    {
        if (repositories.Count == 1)
            yield return new StatusLine(
                StatusLevel.Warn,
                "remote",
                "There is no remote repository: the loss of this machine's disks is the loss of all backups.",
                "set REMOTE_BACKUP_HOST, REMOTE_BACKUP_USER and REMOTE_BACKUP_PATH");
        if (!repositories.Any(repository => repository.Reachable))
            yield return new StatusLine(
                StatusLevel.Fail, "repositories", "No repository can be read.", "cure the faults named above");
    }

    private static IEnumerable<StatusLine> OfRepository(
        RepositoryStatus status, bool isFirst, StatusPace pace, DateTimeOffset now)
    {
        if (status.Fault is { } fault)
        {
            var level = isFirst ? StatusLevel.Fail : StatusLevel.Warn;
            return [new StatusLine(level, status.Name, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy)];
        }

        return
        [
            OfBackups(status),
            .. OfUnusable(status),
            .. OfRecovery(status),
            .. WindowJudge.OfWindow(status),
            .. GapJudge.Judge(status, pace, now),
            .. BacklogJudge.Judge(status),
            OfStorage(status),
        ];
    }

    public static StatusLine OfBackups(RepositoryStatus status)
    {
        if (status.NewestRestorable is null)
        {
            var text = status.Backups == 0
                ? "It holds no base backup."
                : $"It holds {status.Backups} base backups, but none has all it needs.";
            return new StatusLine(
                StatusLevel.Fail, status.Name, text, "sync WAL (highwater wal-sync), then take one: highwater backup");
        }

        var freshness = status.Freshness!;
        var good = $"{status.RestorableBackups} of {status.Backups} base backups are restorable; the newest is "
            + $"{status.NewestRestorable}, {new Duration(status.NewestRestorableAge!.Value)} old";
        return freshness.MissedRuns == 0
            ? new StatusLine(StatusLevel.Ok, status.Name, good + ".")
            : new StatusLine(
                freshness.Level,
                status.Name,
                $"{good}, though BACKUP_SCHEDULE asks for one every {new Duration(freshness.Interval)}.",
                "see in the log of 'highwater serve' why there is none, or take one now: highwater backup");
    }

    /// <summary>Base backups that cannot be restored.</summary>
    public static IEnumerable<StatusLine> OfUnusable(RepositoryStatus status) => status.Unusable.Count == 0
        ? []
        : [new StatusLine(
            StatusLevel.Warn,
            status.Name,
            $"{status.Unusable.Count} of {status.Backups} base backups cannot be restored: "
            + string.Join("; ", status.Unusable.Take(3).Select(backup => $"{backup.Id}: {backup.Reason.TrimEnd('.')}"))
            + (status.Unusable.Count > 3 ? "; ..." : "."),
            "run 'highwater verify --repair' to complete them from the other repository; a base backup whose WAL is "
            + "still on its way counts as soon as it has come")];

    private static IEnumerable<StatusLine> OfRecovery(RepositoryStatus status)
    {
        if (status.RecoveryPoint is { } point)
            yield return new StatusLine(
                StatusLevel.Ok,
                status.Name,
                $"It can be restored up to {point.Lsn} on timeline {point.Timeline}, which arrived "
                + $"{new Duration(point.Age)} ago.");
    }

    private static StatusLine OfStorage(RepositoryStatus status)
    {
        var facts = status.Storage!;
        var durability = facts.Durability == Durability.Fsync
            ? "Writes are flushed to the device"
            : "Writes are read back, because the device cannot be told to flush";
        if (facts.FreeBytes is not { } free || facts.TotalBytes is not { } total)
            return new StatusLine(StatusLevel.Ok, status.Name, $"{durability}; how much room is left is unknown.");
        var text = $"{durability}; {new ByteCount(free)} of {new ByteCount(total)} are free.";
        return free < total * LittleRoom
            ? new StatusLine(
                StatusLevel.Warn, status.Name, text,
                $"make room at {status.Address}, or keep fewer base backups (BACKUP_RETENTION_COUNT) and run "
                + "'highwater prune'")
            : new StatusLine(StatusLevel.Ok, status.Name, text);
    }

    /// <summary>WAL that no repository took.</summary>
    public static IEnumerable<StatusLine> OfQuarantine(SpoolStatus spool) => spool.Quarantined == 0
        ? []
        : [new StatusLine(
            StatusLevel.Warn,
            Spool,
            $"{spool.Quarantined} WAL files were moved aside to {spool.Path}/quarantine.",
            "find out in the log why (events 502 and 534), then remove them; where they left a gap, take a base "
            + "backup: highwater backup")];

    public static IEnumerable<StatusLine> OfSpool(SpoolStatus spool)
    {
        if (spool.Fault is { } fault)
            return [new StatusLine(StatusLevel.Fail, Spool, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy)];
        if (!spool.IsUsed)
            return [];
        if (spool.OldestAge is not { } age)
            return [new StatusLine(StatusLevel.Ok, Spool, $"No WAL waits in {spool.Path}.")];
        var text = $"{spool.Files} WAL files, {new ByteCount(spool.Bytes)}, wait in {spool.Path}, the oldest for "
            + $"{new Duration(age)}.";
        return age <= LongWait
            ? [new StatusLine(StatusLevel.Ok, Spool, text)]
            : [new StatusLine(
                age <= TooLongWait ? StatusLevel.Warn : StatusLevel.Fail, Spool, text,
                "see that 'highwater serve' is running; to sync now: highwater wal-sync")];
    }
}
