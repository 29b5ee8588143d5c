namespace Highwater.Engine.WalArchiving;

/// <summary>What one run of <see cref="ReplicateWal"/> did.</summary>
/// <param name="Files">How many files the target has now that it had not before.</param>
/// <param name="Bytes">What was sent.</param>
/// <param name="Remaining">How many files of the source the target still lacks.</param>
/// <param name="OldestWaiting">How long the oldest of those has been in the source, or null if there is none.</param>
/// <param name="Faults">Why files remain, if others could go on.</param>
public sealed record WalReplicated(
    int Files, long Bytes, int Remaining, TimeSpan? OldestWaiting, IReadOnlyList<WalFault> Faults);
