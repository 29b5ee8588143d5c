using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>What is to be restored.</summary>
/// <param name="Target">Where recovery ends.</param>
/// <param name="Backup">The base backup to start from; null lets the planner take the newest that ends before the
/// target.</param>
public sealed record RestoreRequest(RecoveryTarget Target, BackupId? Backup = null);
