namespace Highwater.Engine.WalArchiving;

/// <summary>How WAL comes from the server.</summary>
public enum WalSource
{
    /// <summary>By archive_command, through the spool.</summary>
    Archive,

    /// <summary>By streaming replication. There is no spool.</summary>
    Stream,

    /// <summary>By both, which have to agree.</summary>
    Both,
}
