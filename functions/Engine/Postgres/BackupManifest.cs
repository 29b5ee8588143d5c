namespace Highwater.Engine.Postgres;

/// <summary>A backup manifest without its files, which may be millions (documentation, "Backup Manifest
/// Format").</summary>
/// <param name="Version">1 up to PostgreSQL 16, 2 from 17 on.</param>
/// <param name="SystemIdentifier">Of the cluster; null in version 1.</param>
/// <param name="FileCount">How many files it lists.</param>
/// <param name="WalRanges">At least one; several only after a timeline switch during the base backup of a
/// standby.</param>
public sealed record BackupManifest(
    int Version,
    SystemIdentifier? SystemIdentifier,
    long FileCount,
    IReadOnlyList<ManifestWalRange> WalRanges);
