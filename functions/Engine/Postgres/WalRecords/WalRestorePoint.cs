namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>A place in the log that somebody named with pg_create_restore_point().</summary>
/// <param name="Name">As given; names may occur more than once.</param>
/// <param name="Lsn">Where its record starts.</param>
/// <param name="At">By the server's clock.</param>
public sealed record WalRestorePoint(string Name, Lsn Lsn, DateTimeOffset At);
