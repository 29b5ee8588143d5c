using Highwater.Engine.Postgres;

namespace Highwater.Engine.Restore;

/// <summary>How far the WAL of a repository really goes, as its last records say.</summary>
/// <param name="LastRecord">The start of the newest whole record: the newest LSN recovery can be told to stop
/// at.</param>
/// <param name="LastTransactionAt">The newest end of a transaction by the server's clock; null if none was
/// found.</param>
public sealed record WalEnd(Lsn? LastRecord, DateTimeOffset? LastTransactionAt);
