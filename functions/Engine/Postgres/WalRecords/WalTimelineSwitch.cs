namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>A promotion, as the record says that ends it (xl_end_of_recovery in access/xlog_internal.h, or a shutdown
/// checkpoint).</summary>
/// <param name="Lsn">Where that record starts.</param>
/// <param name="From">The timeline before.</param>
/// <param name="To">The timeline since.</param>
public sealed record WalTimelineSwitch(Lsn Lsn, uint From, uint To);
