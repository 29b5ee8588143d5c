namespace Highwater.Engine.Errors;

/// <summary>Every error code there is: the one place to add a code, in the range of its room.</summary>
public static class ErrorCodes
{
    // 1xx: usage and settings
    public static readonly ErrorCode SettingsInvalid = new("HW101", "settings-invalid", ExitCode.Usage);
    public static readonly ErrorCode UsageInvalid = new("HW102", "usage-invalid", ExitCode.Usage);

    // 2xx: the PostgreSQL server and pg_basebackup
    public static readonly ErrorCode PostgresUnreachable = new("HW201", "postgres-unreachable", ExitCode.Trouble);
    public static readonly ErrorCode PostgresLoginFailed = new("HW202", "postgres-login-failed", ExitCode.Trouble);
    public static readonly ErrorCode PostgresRightMissing = new("HW203", "postgres-right-missing", ExitCode.Trouble);
    public static readonly ErrorCode PostgresTooOld = new("HW204", "postgres-too-old", ExitCode.Refused);
    public static readonly ErrorCode ArchivingOff = new("HW205", "archiving-off", ExitCode.Refused);
    public static readonly ErrorCode BaseBackupFailed = new("HW206", "pg-basebackup-failed", ExitCode.Trouble);
    public static readonly ErrorCode BaseBackupToolMissing = new("HW207", "pg-basebackup-missing", ExitCode.Usage);
    public static readonly ErrorCode PostgresQueryFailed = new("HW208", "postgres-query-failed", ExitCode.Trouble);
    public static readonly ErrorCode WalSendersBusy = new("HW209", "wal-senders-busy", ExitCode.Trouble);

    /// <summary>What the server or the way to it answers with: the whole range 2xx.</summary>
    public static IEnumerable<ErrorCode> OfPostgres =>
        All.Where(code => code.Code.StartsWith("HW2", StringComparison.Ordinal));

    // 3xx: storage (local files, SFTP)
    public static readonly ErrorCode StorageUnreachable = new("HW301", "storage-unreachable", ExitCode.Trouble);
    public static readonly ErrorCode StorageFull = new("HW302", "storage-full", ExitCode.Trouble);
    public static readonly ErrorCode StorageObjectMissing = new("HW303", "object-missing", ExitCode.No);
    public static readonly ErrorCode StorageConflict = new("HW304", "object-conflict", ExitCode.Refused);
    public static readonly ErrorCode StorageContentMismatch = new("HW305", "content-mismatch", ExitCode.No);
    public static readonly ErrorCode StorageDenied = new("HW306", "storage-denied", ExitCode.Trouble);
    public static readonly ErrorCode HostKeyUnknown = new("HW307", "host-key-unknown", ExitCode.Refused);
    public static readonly ErrorCode HostKeyChanged = new("HW308", "host-key-changed", ExitCode.Refused);
    public static readonly ErrorCode IdentityFileUnusable = new("HW309", "identity-file-unusable", ExitCode.Usage);
    public static readonly ErrorCode SshLoginFailed = new("HW310", "ssh-login-failed", ExitCode.Trouble);
    public static readonly ErrorCode StorageFailed = new("HW311", "storage-failed", ExitCode.Trouble);

    // 4xx: the repository
    public static readonly ErrorCode RepositoryMissing = new("HW401", "repository-missing", ExitCode.Refused);
    public static readonly ErrorCode RepositoryForeign =
        new("HW402", "repository-of-another-cluster", ExitCode.Refused);
    public static readonly ErrorCode RepositoryFormatUnknown =
        new("HW403", "repository-format-unknown", ExitCode.Refused);
    public static readonly ErrorCode RepositoryDamaged = new("HW404", "repository-damaged", ExitCode.No);
    public static readonly ErrorCode BackupUnknown = new("HW405", "backup-unknown", ExitCode.Refused);
    public static readonly ErrorCode RepositoryLeased = new("HW406", "repository-leased", ExitCode.Refused);
    public static readonly ErrorCode LeaseLost = new("HW407", "lease-lost", ExitCode.Refused);
    public static readonly ErrorCode RepositoryNotCreated = new("HW408", "repository-not-created", ExitCode.Refused);

    // 5xx: WAL
    public static readonly ErrorCode WalAwaited = new("HW501", "wal-awaited", ExitCode.Trouble);
    public static readonly ErrorCode WalConflict = new("HW502", "wal-conflict", ExitCode.Refused);
    public static readonly ErrorCode WalInvalid = new("HW503", "wal-invalid", ExitCode.No);
    public static readonly ErrorCode WalAbsent = new("HW504", "wal-absent", ExitCode.No);
    public static readonly ErrorCode SpoolUnusable = new("HW505", "spool-unusable", ExitCode.Trouble);

    public static readonly ErrorCode SlotLagging = new("HW511", "slot-lagging", ExitCode.Trouble);
    public static readonly ErrorCode SlotLost = new("HW512", "slot-lost", ExitCode.No);
    public static readonly ErrorCode SlotUnusable = new("HW513", "slot-unusable", ExitCode.Trouble);
    public static readonly ErrorCode WalGone = new("HW514", "wal-gone", ExitCode.No);

    // 6xx: restore
    public static readonly ErrorCode RestoreTargetNotEmpty =
        new("HW601", "restore-directory-not-empty", ExitCode.Refused);
    public static readonly ErrorCode RecoveryTargetUnreachable =
        new("HW602", "recovery-target-unreachable", ExitCode.Refused);
    public static readonly ErrorCode RecoveryTargetInvalid = new("HW603", "recovery-target-invalid", ExitCode.Usage);
    public static readonly ErrorCode RestoreFailed = new("HW604", "restore-failed", ExitCode.Trouble);
    public static readonly ErrorCode NothingToRestore = new("HW605", "nothing-to-restore", ExitCode.Refused);

    // 7xx: the host
    public static readonly ErrorCode StateDirectoryLocked = new("HW701", "state-directory-locked", ExitCode.Refused);
    public static readonly ErrorCode OrchestrationFailed = new("HW702", "orchestration-failed", ExitCode.Trouble);
    public static readonly ErrorCode ServeUnreachable = new("HW703", "serve-unreachable", ExitCode.Trouble);
    public static readonly ErrorCode Unexpected = new("HW704", "unexpected", ExitCode.Trouble);
    public static readonly ErrorCode StateUnusable = new("HW705", "state-unusable", ExitCode.Refused);

    /// <summary>Every code above, for the documentation table and its test.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
        [.. typeof(ErrorCodes).GetFields().Select(f => f.GetValue(null)).OfType<ErrorCode>()];

    /// <summary>
    /// Finds the error in a text that something was wrapped around, or null. A failure that crossed a durable
    /// orchestration is
    /// text: exception types and task names stand before the code.
    /// </summary>
    public static ParsedError? Parse(string text) => All
        .Select(code => (Code: code, Index: text.IndexOf(code.Code + ": ", StringComparison.Ordinal)))
        .Where(found => found.Index >= 0)
        .OrderBy(found => found.Index)
        .Select(found => new ParsedError(found.Code, text[found.Index..]))
        .FirstOrDefault();
}
