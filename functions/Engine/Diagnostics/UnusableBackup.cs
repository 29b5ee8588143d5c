using Highwater.Engine.Repository;

namespace Highwater.Engine.Diagnostics;

/// <summary>A base backup that cannot be restored.</summary>
/// <param name="Id">Which.</param>
/// <param name="Reason">What it lacks, or why it cannot be understood.</param>
public sealed record UnusableBackup(BackupId Id, string Reason);
