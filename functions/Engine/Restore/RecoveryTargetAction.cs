namespace Highwater.Engine.Restore;

/// <summary>What PostgreSQL does at the recovery target (<c>recovery_target_action</c>).</summary>
public enum RecoveryTargetAction
{
    /// <summary>Ends recovery: the server takes writes on a new timeline.</summary>
    Promote,

    /// <summary>Waits, readable, until pg_wal_replay_resume() is called.</summary>
    Pause,

    /// <summary>Stops the server.</summary>
    Shutdown,
}
