namespace Highwater.Engine.Backup;

/// <summary>What one run of <see cref="ReplicateBackup"/> did.</summary>
/// <param name="Backups">Base backups the target has now that it had not before.</param>
/// <param name="Packs">Packs that were sent for them.</param>
/// <param name="Bytes">Bytes of those packs.</param>
public sealed record BackupReplicated(int Backups, int Packs, long Bytes);
