namespace Highwater.Engine.Diagnostics;

/// <summary>How far one repository is behind another.</summary>
/// <param name="BaseBackups">Committed base backups it lacks.</param>
/// <param name="WalFiles">Files of the WAL archive it lacks.</param>
/// <param name="Bytes">Bytes of packs and WAL it lacks.</param>
public sealed record ReplicationBacklog(int BaseBackups, int WalFiles, long Bytes)
{
    /// <summary>Whether it lacks nothing.</summary>
    public bool IsNone => BaseBackups == 0 && WalFiles == 0 && Bytes == 0;
}
