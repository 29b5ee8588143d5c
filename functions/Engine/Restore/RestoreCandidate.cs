using Highwater.Engine.Repository;
using Highwater.Engine.WalArchiving;

namespace Highwater.Engine.Restore;

/// <summary>A base backup and how far recovery gets from it.</summary>
/// <param name="Backup">Where recovery begins.</param>
/// <param name="Wanted">The timeline recovery is to end on.</param>
/// <param name="Reach">Where the WAL ends.</param>
/// <param name="IsRestorable">Whether recovery becomes consistent at all.</param>
/// <param name="End">What the last records say; null if nobody looked.</param>
internal sealed record RestoreCandidate(
    BackupRecord Backup, uint Wanted, WalReach Reach, bool IsRestorable, WalEnd? End);
