using Highwater.Engine.Errors;

namespace Highwater.Engine.Postgres;

/// <summary>Makes named errors of what pg_basebackup printed before it failed. Pure.</summary>
public static class BaseBackupFailure
{
    private static readonly string[] LoginWords =
        ["password authentication failed", "no password supplied", "does not exist"];
    private static readonly string[] BusyWords =
        ["exceeds max_wal_senders", "too many clients", "connection slots are reserved"];
    private static readonly string[] DamageWords = ["checksum error occurred", "checksum verification failed"];

    private static readonly string[] AwayWords =
    [
        "Connection refused", "could not connect", "could not translate host name", "timeout expired", "timed out",
        "No route to host", "Network is unreachable", "server closed the connection", "terminating connection",
        "could not receive data", "Connection reset", "no connection to the server", "SSL SYSCALL",
        "the database system is ", "could not read COPY data", "final receive failed",
    ];

    /// <param name="server">Where it was sent.</param>
    /// <param name="exitCode">Not 0.</param>
    /// <param name="messages">The last lines of standard error.</param>
    public static HighwaterException Explain(PostgresOptions server, int exitCode, IReadOnlyList<string> messages)
    {
        var text = messages.Count == 0 ? "(it printed nothing)" : string.Join("\n    ", messages);
        if (text.Contains("no pg_hba.conf entry", StringComparison.Ordinal))
            return PostgresErrors.NotAdmitted(server, replication: true, text);
        if (PostgresErrors.IsWalSenderRefusal(text))
            return PostgresErrors.ReplicationRightMissing(server);
        if (Has(text, BusyWords))
            return PostgresErrors.Busy(server, text);
        if (Has(text, DamageWords))
            return Damaged(text);
        if (text.Contains("No space left on device", StringComparison.Ordinal))
            return Full(text);
        if (text.Contains("can only write single tablespace", StringComparison.Ordinal))
            return TablespaceAppeared(text);
        if (Has(text, AwayWords))
            return PostgresErrors.Unreachable(server, $"pg_basebackup lost it:\n    {text}");
        if (Has(text, LoginWords))
            return PostgresErrors.LoginFailed(server, text);
        return new HighwaterException(
            ErrorCodes.BaseBackupFailed, $"pg_basebackup of {server} ended with exit code {exitCode}:\n    {text}",
            "look at the PostgreSQL server's log for the same moment.");
    }

    /// <param name="server">Which fell silent.</param>
    /// <param name="deadline">How long it was.</param>
    /// <param name="progress">What the server says it is at; null if it knows nothing of the base backup.</param>
    public static TransientException Silent(PostgresOptions server, TimeSpan deadline, BackupProgress? progress)
    {
        var what = $"PostgreSQL at {server.Host}:{server.Port} has sent nothing of the base backup for {deadline}";
        return progress?.Phase switch
        {
            // backup_stop waits until archive_command has taken the last segment (access/transam/xlog.c,
            // do_pg_backup_stop).
            "waiting for wal archiving to finish" => new TransientException(
                ErrorCodes.BaseBackupFailed,
                $"{what}; it is waiting for WAL to be archived, so archive_command fails or hangs.",
                "SELECT * FROM pg_stat_archiver; and the server's log say why; "
                + "the spool (WAL_SPOOL_PATH) may be full."),
            null => new TransientException(
                ErrorCodes.BaseBackupFailed, $"{what} and does not list it in pg_stat_progress_basebackup.",
                "look at the network between here and the server, and at the server's log."),
            var phase => new TransientException(
                ErrorCodes.BaseBackupFailed,
                $"{what}; it is in the phase '{phase}' after {progress.StreamedBytes} bytes.",
                "look at the load of the server's disks and at SELECT * FROM pg_stat_progress_basebackup;"),
        };
    }

    private static bool Has(string text, string[] words) => words.Any(w => text.Contains(w, StringComparison.Ordinal));

    private static HighwaterException Damaged(string text) => new(
        ErrorCodes.BaseBackupFailed, $"The server found damaged data pages during the base backup:\n    {text}",
        "keep the last good base backup, look at the server's log for the files, and check them with pg_amcheck.");

    private static TransientException Full(string text) => new(
        ErrorCodes.BaseBackupFailed, $"There is no room for the base backup of the tablespaces:\n    {text}",
        "free space where the tars are collected (df -h); all of the cluster must fit.");

    private static TransientException TablespaceAppeared(string text) => new(
        ErrorCodes.BaseBackupFailed, $"A tablespace was created while the base backup began:\n    {text}",
        "start the base backup again.");
}
