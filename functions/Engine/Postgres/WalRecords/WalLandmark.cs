using System.Buffers.Binary;
using System.Text;

namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>
/// A record recovery can stop at by time, transaction or name: the end of a transaction (xl_xact_commit and
/// xl_xact_abort in access/xact.h) or a restore point (xl_restore_point in access/xlog_internal.h).
/// </summary>
/// <param name="Kind">Which of these.</param>
/// <param name="Start">The LSN of the record.</param>
/// <param name="At">By the server's clock, to the microsecond.</param>
/// <param name="Xid">The transaction; 0 for a restore point and for a prepared transaction, which keeps its own
/// elsewhere.</param>
/// <param name="Name">Of a restore point; null otherwise.</param>
public sealed record WalLandmark(WalLandmarkKind Kind, Lsn Start, DateTimeOffset At, uint Xid, string? Name)
{
    private const byte OperationMask = 0x70; // XLOG_XACT_OPMASK
    private const byte RestorePointInfo = 0x70; // XLOG_RESTORE_POINT of catalog/pg_control.h

    // TimestampTz counts microseconds from here.
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads the landmark a record is, or null if it is none.</summary>
    internal static WalLandmark? Of(in WalRecord record)
    {
        var isPoint = record.ResourceManager == WalRecord.Xlog && (record.Info & 0xF0) == RestorePointInfo;
        if (!isPoint && (record.ResourceManager != WalRecord.Transaction || KindOf(record.Info) is null))
            return null;
        var data = record.Data;
        if (data.Length < sizeof(long))
            return null;
        var micros = BinaryPrimitives.ReadInt64LittleEndian(data);
        if (micros < 0 || micros > (DateTimeOffset.MaxValue - Epoch).Ticks / TimeSpan.TicksPerMicrosecond)
            return null;
        var at = Epoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
        if (!isPoint)
            return new WalLandmark(KindOf(record.Info)!.Value, record.Start, at, record.Xid, null);
        var name = data[sizeof(long)..];
        var end = name.IndexOf((byte)0);
        return new WalLandmark(
            WalLandmarkKind.RestorePoint, record.Start, at, 0, Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
    }

    private static WalLandmarkKind? KindOf(byte info) => (info & OperationMask) switch
    {
        0x00 or 0x30 => WalLandmarkKind.Commit, // XLOG_XACT_COMMIT, XLOG_XACT_COMMIT_PREPARED
        0x20 or 0x40 => WalLandmarkKind.Abort, // XLOG_XACT_ABORT, XLOG_XACT_ABORT_PREPARED
        _ => null,
    };
}
