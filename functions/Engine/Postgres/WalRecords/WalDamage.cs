namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>Where the write-ahead log is not what PostgreSQL wrote: recovery would stop there.</summary>
/// <param name="At">The page or the start of the record.</param>
/// <param name="Reason">What is wrong, as the end of a sentence.</param>
internal sealed record WalDamage(Lsn At, string Reason);
