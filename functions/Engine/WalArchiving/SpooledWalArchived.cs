namespace Highwater.Engine.WalArchiving;

/// <summary>What one run of <see cref="ArchiveSpooledWal"/> did.</summary>
/// <param name="Files">How many files reached the repository and left the spool.</param>
/// <param name="Bytes">Their size in the spool.</param>
/// <param name="Quarantined">Files that may not enter the repository, and why. Each is a gap until somebody acts.</param>
public sealed record SpooledWalArchived(int Files, long Bytes, IReadOnlyList<WalFault> Quarantined);
