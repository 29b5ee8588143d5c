namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>How the latest run of a scheduled operation ended.</summary>
/// <param name="Name">Of the operation: BaseBackup, WalSync, WalStream.</param>
/// <param name="Fault">Why it did not do all it should; null if it did, or still runs.</param>
/// <param name="IsPastIfStreaming">Whether the fault is over as soon as somebody streams through the slot
/// again.</param>
public sealed record LastRun(string Name, StatusFault? Fault, bool IsPastIfStreaming = false);
