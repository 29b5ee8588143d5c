using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says what the server's facts mean. Pure.</summary>
internal static class ServerJudge
{
    private const long ManyWaiting = 8;

    // So many are finished in an instant by a server that was idle: less says nothing of how long it has been so.
    private const long SomeWaiting = 2;

    private const string CommandRemedy =
        "see that archive_command puts the file into WAL_SPOOL_PATH before it says so, and that no other program "
        + "empties it: SHOW archive_command; then take a base backup: highwater backup";

    public static IEnumerable<StatusLine> Judge(ServerStatus server, StatusPace pace, DateTimeOffset now)
    {
        if (server.Fault is { } fault)
            return [Line(StatusLevel.Fail, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy)];
        return
        [
            .. server.Stream is { } stream ? StreamJudge.Judge(stream) : [],
            .. server.MustArchive ? OfArchiving(server, pace, now) : [],
        ];
    }

    private static IEnumerable<StatusLine> OfArchiving(ServerStatus server, StatusPace pace, DateTimeOffset now)
    {
        if (server.ArchiveMode == "off")
            return [Line(
                StatusLevel.Fail, "The server does not archive WAL: archive_mode is off.",
                "ALTER SYSTEM SET archive_mode = 'on', set archive_command to archive-wal, and restart the server")];
        if (server.InRecovery && server.ArchiveMode != "always")
            return [Line(
                StatusLevel.Warn,
                "The server is a standby, which archives nothing: whether WAL is archived its primary knows.",
                "set POSTGRES_HOST to the primary")];
        if (server.Archiver!.IsFailing)
            return [OfFailure(server.Archiver, now)];
        return server.Archiver.LastArchivedWal is null
            ? [OfNothingArchived(server, server.Archiver, pace, now)]
            : [.. OfLastArchived(server, server.Archiver, pace, now), .. OfWaiting(server, server.Archiver, pace, now)];
    }

    private static StatusLine OfFailure(ArchiverStatistics archiver, DateTimeOffset now) => Line(
        StatusLevel.Fail,
        $"archive_command fails: last on {archiver.LastFailedWal}, {Ago(archiver.LastFailedAt!.Value, now)}, "
        + $"{archiver.FailedCount} times in all. pg_wal grows until it succeeds.",
        "read the server's log for what archive_command printed");

    /// <summary>A server that is new, or whose statistics were reset: only the WAL itself tells them apart.</summary>
    private static StatusLine OfNothingArchived(
        ServerStatus server, ArchiverStatistics archiver, StatusPace pace, DateTimeOffset now)
    {
        var since = archiver.ResetAt is { } reset ? $" since its statistics began {Ago(reset, now)}" : "";
        if (server.NotArrived is not > 0)
            return server.NewestArrived is null
                ? Line(
                    StatusLevel.Warn, $"The server has not archived any WAL yet{since}.",
                    "SELECT pg_switch_wal(); then look at SELECT * FROM pg_stat_archiver")
                : Line(
                    StatusLevel.Ok,
                    $"The server has archived nothing{since}, and all that it finished is here: up to "
                    + $"{server.NewestArrived}.");
        var isStanding = now - archiver.ResetAt > SilenceOf(server, pace) || server.NotArrived > ManyWaiting;
        return Line(
            isStanding ? StatusLevel.Fail : StatusLevel.Warn,
            $"The server has archived nothing{since}, though it writes on: it finished {server.NotArrived} segments "
            + $"after {server.NewestArrived}, the newest that came, and writes at {server.CurrentLsn}.",
            "see in the server's log what the archiver does: it runs only with archive_mode on and an archive_command");
    }

    // The archiver's success says that archive_command returned 0, not that the file is anywhere.
    private static IEnumerable<StatusLine> OfLastArchived(
        ServerStatus server, ArchiverStatistics archiver, StatusPace pace, DateTimeOffset now)
    {
        var archived = $"The server archived {archiver.LastArchivedWal} {Ago(archiver.LastArchivedAt!.Value, now)}";
        if (server.LastArchivedAt.Count > 0)
        {
            yield return Line(StatusLevel.Ok, archived + ".");
            yield break;
        }

        var isOnItsWay = now - archiver.LastArchivedAt < pace.Patience && server.NotArrived is not > SomeWaiting;
        yield return Line(
            isOnItsWay ? StatusLevel.Warn : StatusLevel.Fail,
            $"{archived}, it says, but that is neither in the spool nor in a repository that could be read"
            + (server.NewestArrived is { } newest
                ? $"; the newest segment that came is {newest}, and {server.NotArrived} were finished after it."
                : "."),
            CommandRemedy);
    }

    private static IEnumerable<StatusLine> OfWaiting(
        ServerStatus server, ArchiverStatistics archiver, StatusPace pace, DateTimeOffset now)
    {
        if (server.WaitingSegments is not { } waiting || waiting == 0)
            yield break;
        var isSilent = now - archiver.LastArchivedAt > SilenceOf(server, pace);
        if (waiting <= SomeWaiting || (!isSilent && waiting <= ManyWaiting))
            yield break;
        var timeline = server.CurrentSegment is { } current
            && WalFileName.TryParse(archiver.LastArchivedWal, out var last) && last.Segment.Timeline < current.Timeline
                ? $" The last archived one is of timeline {last.Segment.Timeline}, the server writes timeline "
                + $"{current.Timeline}."
                : "";
        yield return Line(
            isSilent ? StatusLevel.Fail : StatusLevel.Warn,
            $"{waiting} finished WAL segments wait for archive_command, which took the last one "
            + $"{Ago(archiver.LastArchivedAt!.Value, now)}; the server writes at {server.CurrentLsn}.{timeline}",
            isSilent
                ? "see whether archive_command hangs, on the server: ps ax | grep -e archiver -e archive-wal"
                : "see that the spool's disk is fast enough and not full: SELECT * FROM pg_stat_archiver");
    }

    private static TimeSpan SilenceOf(ServerStatus server, StatusPace pace) =>
        2 * server.ArchiveTimeout > pace.Patience ? 2 * server.ArchiveTimeout : pace.Patience;

    private static string Ago(DateTimeOffset moment, DateTimeOffset now) => $"{new Duration(now - moment)} ago";

    private static StatusLine Line(StatusLevel level, string text, string? remedy = null) =>
        new(level, StatusJudge.Server, text, remedy);
}
