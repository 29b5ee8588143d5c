using Highwater.Engine.Postgres;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says what the server's facts mean. Pure.</summary>
internal static class ServerJudge
{
    // What was archived a moment ago may be between spool and repository.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMinutes(5);

    private const long ManyWaiting = 8;

    public static IEnumerable<StatusLine> Judge(ServerStatus server, DateTimeOffset now)
    {
        if (server.Fault is { } fault)
            return [Line(StatusLevel.Fail, $"{fault.Code}: {fault.WhatHappened}", fault.Remedy)];
        if (server.ArchiveMode == "off")
            return [Line(
                StatusLevel.Fail, "The server does not archive WAL: archive_mode is off.",
                "ALTER SYSTEM SET archive_mode = 'on', set archive_command to archive-wal, and restart the server")];
        return [OfArchiver(server.Archiver!, now), .. OfLastArchived(server, now), .. OfWaiting(server)];
    }

    private static StatusLine OfArchiver(ArchiverStatistics archiver, DateTimeOffset now)
    {
        if (archiver.IsFailing)
            return Line(
                StatusLevel.Fail,
                $"archive_command fails: last on {archiver.LastFailedWal}, {Ago(archiver.LastFailedAt!.Value, now)}, "
                + $"{archiver.FailedCount} times in all. pg_wal grows until it succeeds.",
                "read the server's log for what archive_command printed");
        return archiver.LastArchivedWal is null
            ? Line(
                StatusLevel.Warn, "The server has not archived any WAL yet.",
                "SELECT pg_switch_wal(); then look at SELECT * FROM pg_stat_archiver")
            : Line(
                StatusLevel.Ok,
                $"The server archived {archiver.LastArchivedWal} {Ago(archiver.LastArchivedAt!.Value, now)}.");
    }

    // The archiver's success says that archive_command returned 0, not that the file is anywhere.
    private static IEnumerable<StatusLine> OfLastArchived(ServerStatus server, DateTimeOffset now)
    {
        var archiver = server.Archiver!;
        if (archiver.LastArchivedWal is null || server.LastArchivedAt.Count > 0)
            yield break;
        var onItsWay = now - archiver.LastArchivedAt < OnItsWay;
        yield return Line(
            onItsWay ? StatusLevel.Warn : StatusLevel.Fail,
            $"The server says it archived {archiver.LastArchivedWal}, but it is neither in the spool nor in a "
            + "repository that could be read.",
            "see that archive_command writes to WAL_SPOOL_PATH and that no other program empties it: "
            + "SHOW archive_command");
    }

    private static IEnumerable<StatusLine> OfWaiting(ServerStatus server)
    {
        if (server.WaitingSegments is { } waiting and > ManyWaiting)
            yield return Line(
                StatusLevel.Warn,
                $"{waiting} finished WAL segments wait for archive_command; the server writes at {server.CurrentLsn}.",
                "see that the spool's disk is fast enough and not full: SELECT * FROM pg_stat_archiver");
    }

    private static string Ago(DateTimeOffset moment, DateTimeOffset now) => $"{new Duration(now - moment)} ago";

    private static StatusLine Line(StatusLevel level, string text, string? remedy = null) =>
        new(level, StatusJudge.Server, text, remedy);
}
