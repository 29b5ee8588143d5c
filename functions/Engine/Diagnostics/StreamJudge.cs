using Highwater.Engine.Errors;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says what the replication slot means. Pure.</summary>
internal static class StreamJudge
{
    public const string Stream = "stream";

    private const long Instant = 64L << 20;

    private const string LogRemedy =
        "see in the log of 'highwater serve' what holds up streaming (events 531 to 540 and 1301), and that it runs";

    public static IEnumerable<StatusLine> Judge(StreamStatus stream)
    {
        var name = $"The replication slot '{stream.SlotName}'";
        if (stream.Slot is not { } slot)
            return [Line(
                StatusLevel.Fail,
                $"{name} is not there: the server may forget WAL that no repository has.",
                "start 'highwater serve', which makes it; if it was dropped because of its lag, the log says so, and a "
                + "gap needs a base backup: highwater backup")];
        if (!slot.IsPhysical)
            return [Line(
                StatusLevel.Fail, $"{name} is a logical one.", "name another: WAL_STREAM_SLOT=highwater")];
        if (slot.IsLost)
            return [Line(
                StatusLevel.Fail,
                $"{ErrorCodes.SlotLost.Code}: {name} is lost: the server has removed WAL that was not streamed yet "
                + "(max_slot_wal_keep_size).",
                "start 'highwater serve', which makes it anew, then take a base backup: highwater backup")];
        return [OfLag(stream, name, slot.LagBytes), .. OfActivity(name, slot.ActivePid is not null)];
    }

    /// <summary>Whether what the server writes reaches a repository.</summary>
    /// <param name="server">With its stream.</param>
    /// <param name="name">Of the repository that is streamed into.</param>
    /// <param name="point">Up to where it can be restored; null says nothing, for other lines do.</param>
    /// <param name="pace">How long it may stand still.</param>
    public static IEnumerable<StatusLine> OfStandstill(
        ServerStatus server, string name, RecoveryPoint? point, StatusPace pace)
    {
        if (server is not { Stream.Slot: { } slot, CurrentLsn: { } current } || point is null
            || point.Age <= pace.Patience)
            yield break;

        // Later WAL is there, behind a gap, and that is said as such.
        if (server.NewestArrived is { } newest && newest.CompareTo(point.LastSegment) > 0)
            yield break;

        // A server that was idle for long may have written something in this instant. Where somebody streams only more
        // than that tells a standstill.
        var missing = (long)(current.Value - Math.Min(current.Value, point.Lsn.Value));
        if (missing <= (slot.ActivePid is null ? 0 : Instant))
            yield break;
        yield return Line(
            StatusLevel.Fail,
            $"WAL does not arrive: the server writes at {current}, {new ByteCount(missing)} beyond what the repository "
            + $"'{name}' has, and nothing has come for {new Duration(point.Age)}.",
            LogRemedy + "; to bring it now: highwater wal-sync");
    }

    private static StatusLine OfLag(StreamStatus stream, string name, long lag)
    {
        var text = $"{name} is acknowledged up to {stream.Slot!.RestartLsn?.ToString() ?? "nothing yet"}; the server "
            + $"keeps {new ByteCount(lag)} of WAL for it";
        if (stream.LimitBytes > 0 && lag > stream.LimitBytes)
            return Line(
                StatusLevel.Fail,
                $"{ErrorCodes.SlotLagging.Code}: {text}, more than WAL_SLOT_LAG_LIMIT_MB allows.",
                LogRemedy);
        return lag > stream.WarnBytes
            ? Line(
                StatusLevel.Warn,
                $"{text}, more than WAL_SLOT_LAG_WARN_MB.",
                LogRemedy + "; look after the room in the server's pg_wal")
            : Line(StatusLevel.Ok, text + ".");
    }

    private static IEnumerable<StatusLine> OfActivity(string name, bool isActive)
    {
        if (!isActive)
            yield return Line(
                StatusLevel.Warn, $"{name}: nobody streams through it at this moment.",
                "between two sessions that is so for an instant; else " + LogRemedy);
    }

    private static StatusLine Line(StatusLevel level, string text, string? remedy = null) =>
        new(level, Stream, text, remedy);
}
