namespace Highwater.Engine.WalArchiving;

/// <summary>What one run of <see cref="ArchiveSpooledWal"/> did.</summary>
/// <param name="Files">How many files reached the repository and left the spool.</param>
/// <param name="Bytes">Their size in the spool.</param>
/// <param name="Faults">Files that are not in the repository as they should be, and why. Those that may not enter
/// it were moved aside; those that found a damaged copy of themselves there are still in the spool. Each may be a gap
/// until somebody acts.</param>
public sealed record SpooledWalArchived(int Files, long Bytes, IReadOnlyList<WalFault> Faults);
