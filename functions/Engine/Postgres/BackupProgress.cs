namespace Highwater.Engine.Postgres;

/// <summary>How far pg_basebackup is, by the server's account (documentation, "pg_stat_progress_basebackup").</summary>
/// <param name="Phase">In the server's words, for instance "streaming database files".</param>
/// <param name="StreamedBytes">Sent so far.</param>
/// <param name="TotalBytes">An estimate made at the start, which the sent bytes may pass; null while it is not
/// made.</param>
public sealed record BackupProgress(string Phase, long StreamedBytes, long? TotalBytes);
