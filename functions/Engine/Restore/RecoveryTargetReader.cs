using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Highwater.Engine.Errors;
using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore;

/// <summary>Reads a recovery target from what an operator typed.</summary>
public static partial class RecoveryTargetReader
{
    // Of a restore point's name: MAXFNAMELEN in access/xlog_internal.h, without the closing zero.
    private const int LongestName = 63;

    /// <exception cref="HighwaterException"><see cref="ErrorCodes.RecoveryTargetInvalid"/>: more than one target, or
    /// one that cannot be read; a time without time zone above all, since it would mean another instant on another
    /// machine.</exception>
    public static RecoveryTarget Read(RecoveryTargetOptions options)
    {
        var given = new List<RecoveryTarget>();
        if (options.Time is { } time)
            given.Add(RecoveryTarget.At(ReadTime(time)));
        if (options.Lsn is { } lsn)
            given.Add(RecoveryTarget.At(ReadLsn(lsn)));
        if (options.Xid is { } xid)
            given.Add(RecoveryTarget.AtTransaction(ReadXid(xid)));
        if (options.Name is { } name)
            given.Add(RecoveryTarget.AtRestorePoint(ReadName(name)));
        if (options.Immediate)
            given.Add(RecoveryTarget.Immediate);
        if (given.Count > 1)
            throw Invalid(
                $"There can be one recovery target, but {given.Count} were given: {string.Join(", ", given)}.",
                "give one of --target-time, --target-lsn, --target-xid, --target-name and --immediate");
        return (given.Count == 0 ? RecoveryTarget.Latest : given[0]) with
        {
            Timeline = RecoveryTargetTimeline.Parse(options.Timeline),
            Action = ReadAction(options.Action),
        };
    }

    private static DateTimeOffset ReadTime(string text)
    {
        var match = TimePattern.Match(text.Trim());
        if (!match.Success)
            throw Invalid(
                $"'{text}' is not a point in time.",
                "give date, time and time zone: --target-time '2026-11-22 14:30:00+01'");
        if (!match.Groups["zone"].Success)
            throw Invalid(
                $"The time '{text}' has no time zone, so it could mean any of 26 hours.",
                $"add the offset from UTC: --target-time '{text.Trim()}+00' for UTC, '{text.Trim()}+01:00' for an "
                + "hour east");
        var zone = match.Groups["zone"].Value;
        var offset = zone[0] is not ('+' or '-') ? "+00:00" : zone.Length switch
        {
            3 => zone + ":00",
            5 => zone[..3] + ":" + zone[3..],
            _ => zone,
        };
        var iso = $"{match.Groups["date"].Value}T{match.Groups["time"].Value}{offset}";
        return DateTimeOffset.TryParse(iso, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.ToUniversalTime()
            : throw Invalid(
                $"'{text}' is no time in the calendar.",
                "give date, time and time zone: --target-time '2026-11-22 14:30:00+01'");
    }

    private static Lsn ReadLsn(string text) => Lsn.TryParse(text, out var lsn)
        ? lsn
        : throw Invalid($"'{text}' is not an LSN.", "give two hexadecimal numbers: --target-lsn 16/B374D848");

    private static uint ReadXid(string text)
    {
        // pg_current_xact_id() gives 64 bits, of which the upper half is the epoch; WAL knows the lower half.
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var xid) && (uint)xid >= 3)
            return (uint)xid;
        throw Invalid($"'{text}' is not a transaction id.", "give a number from 3 on: --target-xid 1234");
    }

    private static string ReadName(string text) => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= LongestName
        && !text.Any(char.IsControl)
        ? text
        : throw Invalid(
            $"'{text}' cannot be the name of a restore point.",
            $"give the name pg_create_restore_point() was called with, 1 to {LongestName} bytes: --target-name "
            + "before_upgrade");

    private static RecoveryTargetAction ReadAction(string? text) => text switch
    {
        null or "promote" => RecoveryTargetAction.Promote,
        "pause" => RecoveryTargetAction.Pause,
        "shutdown" => RecoveryTargetAction.Shutdown,
        _ => throw Invalid(
            $"'{text}' is not a recovery target action.", "give --target-action promote, pause or shutdown"),
    };

    private static HighwaterException Invalid(string whatHappened, string remedy) =>
        new(ErrorCodes.RecoveryTargetInvalid, whatHappened, remedy);

    [GeneratedRegex(
        "^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?<time>[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,7})?)?)"
        + " ?(?<zone>Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)?\\z",
        RegexOptions.IgnoreCase)]
    private static partial Regex TimePattern { get; }
}
