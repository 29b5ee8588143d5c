namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// What the records say that end in one segment: all that status, and the choice of a recovery target, have to know of
/// it. "Transaction" is the commit or abort of one, as recovery_target_time compares it.
/// </summary>
/// <param name="Records">How many records end here.</param>
/// <param name="FirstRecord">The start of the first of them, which may lie in the segment in front; null if there is
/// none.</param>
/// <param name="LastRecord">The start of the last of them.</param>
/// <param name="ProvenFrom">From here on every record was proven. Later than the segment's start if the segment in
/// front was not at hand and a record reaches over from it.</param>
/// <param name="FirstTransactionAt">The earliest end of a transaction, by the server's clock; null if there is
/// none.</param>
/// <param name="LastTransactionAt">The latest.</param>
/// <param name="LowestXid">The lowest transaction id among them, compared as a number; null if there is none.</param>
/// <param name="HighestXid">The highest.</param>
/// <param name="Checkpoint">Where the redo of the last checkpoint starts; null if there is none.</param>
/// <param name="TimelineSwitch">The last promotion; null if there is none.</param>
/// <param name="RestorePoints">Those that are here, up to <see cref="MostRestorePoints"/>; null for none.</param>
/// <param name="Tail">What proves the next segment; null if a record reaches over the whole of this one whose beginning
/// is not known.</param>
public sealed record WalContents(
    int Records,
    Lsn? FirstRecord,
    Lsn? LastRecord,
    Lsn ProvenFrom,
    DateTimeOffset? FirstTransactionAt,
    DateTimeOffset? LastTransactionAt,
    uint? LowestXid,
    uint? HighestXid,
    Lsn? Checkpoint,
    WalTimelineSwitch? TimelineSwitch,
    IReadOnlyList<WalRestorePoint>? RestorePoints,
    WalTail? Tail)
{
    /// <summary>Of more, only this many are listed: the first frame has to stay below 64 KiB, and a name of 63 bytes
    /// may take six times that in JSON.</summary>
    public const int MostRestorePoints = 100;

    /// <summary>Whether a transaction with this id may have ended here.</summary>
    public bool MayHoldEndOf(uint xid) => LowestXid <= xid && xid <= HighestXid;

    /// <summary>Whether restore points may be here that are not listed.</summary>
    public bool LacksRestorePoints => RestorePoints?.Count >= MostRestorePoints;
}
