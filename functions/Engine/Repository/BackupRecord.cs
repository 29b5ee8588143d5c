using Highwater.Engine.Postgres;

namespace Highwater.Engine.Repository;

/// <summary>
/// <c>backup.json</c>: the commit of a base backup, written after everything it names is durable. Immutable.
/// </summary>
/// <param name="Format">As in <see cref="RepositoryDescription"/>.</param>
/// <param name="Id">Also the name of its folder.</param>
/// <param name="SystemIdentifier">The cluster it was taken of.</param>
/// <param name="PostgresVersion">server_version_num, for instance 150018.</param>
/// <param name="Timeline">On which it started and stopped.</param>
/// <param name="StartLsn">Where recovery begins: the redo point of backup_label.</param>
/// <param name="StopLsn">Where recovery is consistent at the earliest; the end of the WAL range of the
/// manifest.</param>
/// <param name="FirstSegment">The first WAL segment recovery reads.</param>
/// <param name="LastSegment">The last WAL segment without which the base backup is worth nothing.</param>
/// <param name="StartedAt">UTC, by this program's clock.</param>
/// <param name="FinishedAt">UTC, when the last byte had come from the server.</param>
/// <param name="ChunkSize">In bytes.</param>
/// <param name="FileList">The object <c>files.jsonl.zst</c>.</param>
/// <param name="Manifest">The object <c>backup_manifest.zst</c>.</param>
/// <param name="Sizes">What it holds and what it added.</param>
/// <param name="Packs">Every pack the file list names, each once, old ones too.</param>
/// <param name="Tablespaces">Other than pg_default and pg_global.</param>
public sealed record BackupRecord(
    int Format,
    BackupId Id,
    SystemIdentifier SystemIdentifier,
    int PostgresVersion,
    uint Timeline,
    Lsn StartLsn,
    Lsn StopLsn,
    WalSegmentName FirstSegment,
    WalSegmentName LastSegment,
    DateTimeOffset StartedAt,
    DateTimeOffset FinishedAt,
    int ChunkSize,
    ObjectReference FileList,
    ObjectReference Manifest,
    BackupSizes Sizes,
    IReadOnlyList<ObjectReference> Packs,
    IReadOnlyList<TablespaceRecord> Tablespaces);
