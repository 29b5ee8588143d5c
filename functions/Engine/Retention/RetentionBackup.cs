using Highwater.Engine.Repository;

namespace Highwater.Engine.Retention;

/// <summary>A base backup as retention sees it.</summary>
/// <param name="Record">Its commit.</param>
/// <param name="Restorable">Whether everything it needs is in the repository, WAL included.</param>
public sealed record RetentionBackup(BackupRecord Record, bool Restorable);
