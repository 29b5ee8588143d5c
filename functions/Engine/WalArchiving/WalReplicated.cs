namespace Highwater.Engine.WalArchiving;

/// <summary>What one run of <see cref="ReplicateWal"/> did.</summary>
/// <param name="Files">How many files the target has now that it had not before.</param>
/// <param name="Bytes">What was sent.</param>
/// <param name="Remaining">How many of the files it was to copy the target still lacks: those with a fault, and those
/// that were not begun in time.</param>
/// <param name="RemainingBytes">Their bytes as stored.</param>
/// <param name="OldestWaiting">How long the oldest of those has been in the source, or null if there is none.</param>
/// <param name="Faults">Why files remain, if others could go on.</param>
public sealed record WalReplicated(
    int Files, long Bytes, int Remaining, long RemainingBytes, TimeSpan? OldestWaiting, IReadOnlyList<WalFault> Faults);
