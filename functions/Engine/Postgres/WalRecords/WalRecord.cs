namespace Highwater.Engine.Postgres.WalRecords;

/// <summary>One record of the write-ahead log (XLogRecord in access/xlogrecord.h), its checksum verified.</summary>
/// <param name="Start">Of its first byte: what recovery_target_lsn is compared with.</param>
/// <param name="ResourceManager">xl_rmid: who wrote it.</param>
/// <param name="Info">xl_info: what it is; the upper four bits are the resource manager's.</param>
/// <param name="Xid">xl_xid: the transaction, or 0.</param>
/// <param name="Body">The first bytes of what follows the header, of records of the two resource managers named here;
/// empty for others.</param>
internal readonly record struct WalRecord(
    Lsn Start, byte ResourceManager, byte Info, uint Xid, ReadOnlyMemory<byte> Body)
{
    /// <summary>The length of the header: SizeOfXLogRecord.</summary>
    public const int HeaderLength = 24;

    /// <summary>RM_XLOG_ID of access/rmgrlist.h.</summary>
    public const byte Xlog = 0;

    /// <summary>RM_XACT_ID of access/rmgrlist.h.</summary>
    public const byte Transaction = 1;

    private const byte SwitchInfo = 0x40; // XLOG_SWITCH of catalog/pg_control.h

    /// <summary>Whether it ends its segment early: nothing follows in the same file.</summary>
    public bool IsSwitch => ResourceManager == Xlog && (Info & 0xF0) == SwitchInfo;

    /// <summary>The record's own data without the headers in front (XLogRecordDataHeader), or nothing if it refers to
    /// blocks, which the records that are of interest here never do.</summary>
    public ReadOnlySpan<byte> Data
    {
        get
        {
            var rest = Body.Span;
            while (rest.Length >= 2)
            {
                switch (rest[0])
                {
                    case 255: // XLR_BLOCK_ID_DATA_SHORT: one byte of length
                        return rest[2..];
                    case 254 when rest.Length >= 5: // XLR_BLOCK_ID_DATA_LONG: four bytes of length
                        return rest[5..];
                    case 253 when rest.Length >= 3: // XLR_BLOCK_ID_ORIGIN: a replication origin
                        rest = rest[3..];
                        break;
                    case 252 when rest.Length >= 5: // XLR_BLOCK_ID_TOPLEVEL_XID
                        rest = rest[5..];
                        break;
                    default:
                        return [];
                }
            }

            return [];
        }
    }
}
