namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>How the latest run of a scheduled operation ended.</summary>
/// <param name="Name">Of the operation: BaseBackup, WalSync.</param>
/// <param name="Fault">Why it did not do all it should; null if it did, or still runs.</param>
public sealed record LastRun(string Name, StatusFault? Fault);
