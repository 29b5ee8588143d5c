namespace Highwater.Engine.Postgres;

/// <summary>A replication slot as the server describes it (documentation, "pg_replication_slots").</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsPhysical">False for a logical one.</param>
/// <param name="ActivePid">The server process that streams through it now, or null.</param>
/// <param name="RestartLsn">The oldest WAL the server keeps for it; null if it keeps none.</param>
/// <param name="WalStatus">reserved, extended, unreserved or lost; null if it keeps none.</param>
/// <param name="CurrentLsn">How far the server's WAL is flushed, on a standby how far it is received.</param>
public sealed record ReplicationSlot(
    string Name, bool IsPhysical, int? ActivePid, Lsn? RestartLsn, string? WalStatus, Lsn CurrentLsn)
{
    /// <summary>Whether the server has removed WAL that was still to be read through the slot; it is of no use any
    /// more (documentation, <c>max_slot_wal_keep_size</c>).</summary>
    public bool IsLost => WalStatus == "lost";

    /// <summary>How much WAL the server keeps for it, in bytes.</summary>
    public long LagBytes => RestartLsn is { } restart && restart < CurrentLsn
        ? (long)(CurrentLsn.Value - restart.Value)
        : 0;
}
