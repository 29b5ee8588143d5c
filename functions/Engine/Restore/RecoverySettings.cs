using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Highwater.Engine.Restore;

/// <summary>
/// Writes what makes PostgreSQL recover: <c>recovery.signal</c> and lines in <c>postgresql.auto.conf</c>, which
/// pg_verifybackup both ignores.
/// </summary>
public static partial class RecoverySettings
{
    private const string AutoConf = "postgresql.auto.conf";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The lines for postgresql.auto.conf.</summary>
    public static IReadOnlyList<string> Lines(RestorePlan plan, string restoreCommand)
    {
        var target = plan.Target;
        var lines = new List<string>
        {
            $"# Recovery from base backup {plan.Backup.Id} to {OneLine(target.ToString())}, written by highwater",
            Setting("restore_command", restoreCommand),

            // A number: the plan holds for this timeline even if another one appears meanwhile.
            Setting(
                "recovery_target_timeline",
                plan.Timeline == plan.Backup.Timeline
                    ? "current"
                    : plan.Timeline.ToString(CultureInfo.InvariantCulture)),
        };
        if (target.Kind == RecoveryTargetKind.Latest)
            return lines;
        lines.Add(target.Kind switch
        {
            RecoveryTargetKind.Time => Setting("recovery_target_time", RecoveryTarget.FormatTime(target.Time!.Value)),
            RecoveryTargetKind.Lsn => Setting("recovery_target_lsn", target.Lsn!.Value.ToString()),
            RecoveryTargetKind.Xid => Setting(
                "recovery_target_xid", target.Xid!.Value.ToString(CultureInfo.InvariantCulture)),
            RecoveryTargetKind.Name => Setting("recovery_target_name", target.Name!),
            _ => Setting("recovery_target", "immediate"),
        });
        lines.Add(Setting("recovery_target_action", target.Action.ToString().ToLowerInvariant()));
        return lines;
    }

    /// <summary>One setting with its value quoted as guc-file.l reads it: quotes doubled, backslashes too.</summary>
    public static string Setting(string name, string value)
    {
        var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
        return $"{name} = '{quoted}'";
    }

    /// <summary>The file without settings of an earlier recovery, which would contradict the new ones.</summary>
    internal static string WithoutRecovery(string autoConf) =>
        Joined(autoConf.Split('\n').Where(line => line.Length > 0 && !OfRecovery.IsMatch(line)));

    /// <summary>Writes both files, and empty configuration files where the server kept its own elsewhere.</summary>
    /// <returns>What the operator should know of it.</returns>
    internal static IReadOnlyList<string> Write(string directory, RestorePlan plan, string restoreCommand)
    {
        var autoConf = Path.Combine(directory, AutoConf);
        var old = File.Exists(autoConf) ? File.ReadAllText(autoConf) : "";
        WriteFile(autoConf, WithoutRecovery(old) + Joined(Lines(plan, restoreCommand)));
        WriteFile(Path.Combine(directory, "recovery.signal"), "");
        return [.. from name in (string[])["postgresql.conf", "pg_hba.conf"]
                   let path = Path.Combine(directory, name)
                   where !File.Exists(path)
                   select WriteEmpty(path)];
    }

    private static string WriteEmpty(string path)
    {
        WriteFile(path, "# Empty: the server that was backed up kept this file outside its data directory.\n");
        var name = Path.GetFileName(path);
        return $"The base backup has no {name}, because the server kept it outside its data directory (Debian keeps "
            + $"it in /etc/postgresql). An empty {path} was written so that the server can start; put the real one "
            + "there or "
            + "start with "
            + $"-c {(name == "pg_hba.conf" ? "hba_file" : "config_file")}=PATH. To check the files with "
            + "pg_verifybackup, add "
            + $"-i {name}.";
    }

    private static void WriteFile(string path, string text)
    {
        var exists = File.Exists(path);
        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        if (!exists)
            File.SetUnixFileMode(path, OwnerOnly);
    }

    private static string Joined(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private static string OneLine(string text) => text.Replace('\n', ' ').Replace('\r', ' ');

    [GeneratedRegex(
        "^\\s*(restore_command|archive_cleanup_command|recovery_end_command|recovery_min_apply_delay"
        + "|recovery_target\\w*|primary_conninfo|primary_slot_name|promote_trigger_file|# Recovery from base backup )",
        RegexOptions.IgnoreCase)]
    private static partial Regex OfRecovery { get; }
}
