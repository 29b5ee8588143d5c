namespace Highwater.Engine.Restore;

/// <summary>Where recovery ends (PostgreSQL documentation, "Recovery Target").</summary>
public enum RecoveryTargetKind
{
    /// <summary>At the end of the WAL.</summary>
    Latest,

    /// <summary>As soon as the base backup is consistent.</summary>
    Immediate,

    /// <summary>Before the first commit or abort after a point in time.</summary>
    Time,

    /// <summary>After the record at an LSN.</summary>
    Lsn,

    /// <summary>After the commit or abort of a transaction.</summary>
    Xid,

    /// <summary>After the restore point that pg_create_restore_point() wrote.</summary>
    Name,
}
