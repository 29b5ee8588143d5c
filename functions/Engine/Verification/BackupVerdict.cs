using Highwater.Engine.Repository;

namespace Highwater.Engine.Verification;

/// <summary>Whether one base backup can be restored from this repository.</summary>
/// <param name="Id">The base backup.</param>
/// <param name="Restorable">Whether all it needs is there, whole, WAL included.</param>
/// <param name="Reason">Why not; null if it is.</param>
public sealed record BackupVerdict(BackupId Id, bool Restorable, string? Reason);
