namespace Highwater.Engine.Postgres;

/// <summary>What a backup needs to know about the server, read in one moment.</summary>
/// <param name="SystemIdentifier">Names the cluster (pg_control_system()).</param>
/// <param name="VersionNumber">server_version_num, for instance 150018.</param>
/// <param name="WalSegmentSize">Chosen at initdb (pg_control_init()).</param>
/// <param name="Timeline">The one that is written; on a standby, of the latest checkpoint it has
/// (pg_control_checkpoint()). A checkpoint tells a promotion minutes late.</param>
/// <param name="CurrentLsn">Where WAL is written now; on a standby, how far it is replayed.</param>
/// <param name="InRecovery">Whether this is a standby.</param>
/// <param name="DataDirectory">Null where the user may not see it.</param>
/// <param name="DataChecksums">Whether data pages carry checksums.</param>
/// <param name="WalLevel">wal_level.</param>
/// <param name="MaxWalSenders">max_wal_senders.</param>
/// <param name="ArchiveMode">archive_mode: off, on or always.</param>
/// <param name="ArchiveCommand">archive_command; empty if there is none.</param>
/// <param name="ArchiveLibrary">archive_library (15 and later); empty if there is none.</param>
/// <param name="ArchiveTimeout">archive_timeout; zero for never.</param>
/// <param name="DatabaseBytes">The sum of all databases the user may ask about.</param>
/// <param name="Role">What the user may do.</param>
/// <param name="Archiver">How archiving goes.</param>
/// <param name="Tablespaces">Other than the two built-in ones, by OID.</param>
public sealed record ServerFacts(
    SystemIdentifier SystemIdentifier,
    int VersionNumber,
    WalSegmentSize WalSegmentSize,
    uint Timeline,
    Lsn CurrentLsn,
    bool InRecovery,
    string? DataDirectory,
    bool DataChecksums,
    string WalLevel,
    int MaxWalSenders,
    string ArchiveMode,
    string ArchiveCommand,
    string ArchiveLibrary,
    TimeSpan ArchiveTimeout,
    long DatabaseBytes,
    ServerRole Role,
    ArchiverStatistics Archiver,
    IReadOnlyList<ServerTablespace> Tablespaces)
{
    /// <summary>For instance 15. Since version 10 the number is major × 10000 + minor (documentation, "libpq",
    /// PQserverVersion).</summary>
    public int MajorVersion => VersionNumber / 10_000;
}
