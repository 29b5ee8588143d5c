namespace Highwater.Engine.Configuration;

/// <summary>The name of every setting, once. local.settings.sample.json and the README list the same names.</summary>
public static class SettingNames
{
    public const string PostgresHost = "POSTGRES_HOST";
    public const string PostgresPort = "POSTGRES_PORT";
    public const string PostgresDatabase = "POSTGRES_DB";
    public const string PostgresUser = "POSTGRES_USER";
    public const string PostgresPassword = "POSTGRES_PASSWORD";
    public const string BackupSchedule = "BACKUP_SCHEDULE";
    public const string BackupRetentionDays = "BACKUP_RETENTION_DAYS";
    public const string BackupRetentionCount = "BACKUP_RETENTION_COUNT";
    public const string WalSyncInterval = "WAL_SYNC_INTERVAL";
    public const string WalSyncSchedule = "WAL_SYNC_SCHEDULE";
    public const string WalSource = "WAL_SOURCE";
    public const string WalSpoolPath = "WAL_SPOOL_PATH";
    public const string WalStreamSlot = "WAL_STREAM_SLOT";
    public const string WalStreamAcknowledge = "WAL_STREAM_ACKNOWLEDGE";
    public const string WalSlotLagWarn = "WAL_SLOT_LAG_WARN_MB";
    public const string WalSlotLagLimit = "WAL_SLOT_LAG_LIMIT_MB";
    public const string WalSlotLagAction = "WAL_SLOT_LAG_ACTION";
    public const string LocalBackupPath = "LOCAL_BACKUP_PATH";
    public const string RemoteBackupHost = "REMOTE_BACKUP_HOST";
    public const string RemoteBackupPort = "REMOTE_BACKUP_PORT";
    public const string RemoteBackupUser = "REMOTE_BACKUP_USER";
    public const string RemoteBackupPath = "REMOTE_BACKUP_PATH";
    public const string RemoteBackupKeyFile = "REMOTE_BACKUP_KEY_FILE";
    public const string RemoteBackupKnownHosts = "REMOTE_BACKUP_KNOWN_HOSTS";
    public const string Key = "HIGHWATER_KEY";
    public const string StatePath = "HIGHWATER_STATE_PATH";
    public const string HistoryDays = "HIGHWATER_HISTORY_DAYS";
    public const string LogFormat = "HIGHWATER_LOG_FORMAT";
    public const string LogLevel = "HIGHWATER_LOG_LEVEL";
}
