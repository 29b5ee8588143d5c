using System.Globalization;
using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>
/// What <c>backup_label</c>, the first member of every base backup, says (build_backup_content in
/// access/transam/xlogbackup.c; up to 14 do_pg_start_backup in xlog.c). Recovery starts from it, not from pg_control.
/// </summary>
/// <param name="StartLsn">START WAL LOCATION: the redo point, where recovery begins to read.</param>
/// <param name="StartSegment">The file named with it.</param>
/// <param name="CheckpointLsn">CHECKPOINT LOCATION.</param>
/// <param name="Timeline">START TIMELINE.</param>
/// <param name="StartTime">START TIME as the server wrote it, in its log_timezone: for people, not for
/// arithmetic.</param>
/// <param name="Label">LABEL: what the base backup was called.</param>
/// <param name="FromStandby">BACKUP FROM: whether the server was in recovery.</param>
public sealed record BackupLabel(
    Lsn StartLsn,
    WalSegmentName StartSegment,
    Lsn CheckpointLsn,
    uint Timeline,
    string StartTime,
    string Label,
    bool FromStandby)
{
    private const string StartKey = "START WAL LOCATION: ";
    private const string FileMark = " (file ";

    /// <exception cref="HighwaterException">
    /// <see cref="ErrorCodes.BaseBackupFailed"/>: the text is not a whole backup_label.
    /// </exception>
    public static BackupLabel Parse(string text)
    {
        // The label comes before the timeline and may hold anything but a line break, so the first of each key counts.
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0)
                values.TryAdd(line[..colon], line[(colon + 2)..]);
        }

        var start = Value(values, StartKey[..^2]);
        var file = start.IndexOf(FileMark, StringComparison.Ordinal);
        if (file < 0 || !start.EndsWith(')') || !text.EndsWith('\n')
            || !Lsn.TryParse(start[..file], out var startLsn)
            || !WalSegmentName.TryParse(start[(file + FileMark.Length)..^1], out var segment)
            || !Lsn.TryParse(Value(values, "CHECKPOINT LOCATION"), out var checkpoint)
            || !uint.TryParse(
                Value(values, "START TIMELINE"), NumberStyles.None, CultureInfo.InvariantCulture, out var timeline))
            throw Malformed("a line has another form than the server writes");
        return new BackupLabel(
            startLsn, segment, checkpoint, timeline, Value(values, "START TIME"), Value(values, "LABEL"),
            FromStandby: Value(values, "BACKUP FROM") == "standby");
    }

    private static string Value(Dictionary<string, string> values, string key) =>
        values.TryGetValue(key, out var value) ? value : throw Malformed($"the line '{key}' is missing");

    private static HighwaterException Malformed(string why) => new(
        ErrorCodes.BaseBackupFailed, $"backup_label of the base backup cannot be read: {why}.",
        "take the base backup again; if it stays so, the server's version is newer than this program knows.");
}
