using Highwater.Engine.Errors;

namespace Highwater.Engine.Diagnostics;

/// <summary>Says what the replication slot means. Pure.</summary>
internal static class StreamJudge
{
    public const string Stream = "stream";

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
