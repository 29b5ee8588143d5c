namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// What of the log up to the end of a segment is needed to prove the next one: records name the one before them, and
/// the last record of a segment mostly ends in the next.
/// </summary>
/// <param name="LastRecord">The newest record that is whole; null if there was none yet.</param>
/// <param name="NewestTransactionAt">The latest end of a transaction up to here as far as the log was read without a
/// break, by the server's clock; null if none was seen.</param>
/// <param name="Open">The record that began and did not end; null if the last one ended.</param>
public sealed record WalTail(Lsn? LastRecord, DateTimeOffset? NewestTransactionAt, WalRecordPart? Open);
