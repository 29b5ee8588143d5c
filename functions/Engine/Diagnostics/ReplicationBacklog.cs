namespace Highwater.Engine.Diagnostics;

/// <summary>How far one repository is behind another.</summary>
/// <param name="BaseBackups">Committed base backups it lacks.</param>
/// <param name="WalFiles">Files of the WAL archive it lacks.</param>
/// <param name="Bytes">Bytes of packs and WAL it lacks.</param>
/// <param name="OldestAge">How long the oldest of those WAL files has been in the other one; null if it lacks
/// none.</param>
public sealed record ReplicationBacklog(int BaseBackups, int WalFiles, long Bytes, TimeSpan? OldestAge)
{
    /// <summary>Whether it lacks nothing.</summary>
    public bool IsNone => BaseBackups == 0 && WalFiles == 0 && Bytes == 0;
}
