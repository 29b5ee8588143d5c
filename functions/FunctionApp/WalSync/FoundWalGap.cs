namespace Highwater.FunctionApp.WalSync;

/// <summary>WAL that is lost, so that nothing written since can be restored without a new base backup.</summary>
/// <param name="Missing">The segments, or the history file.</param>
/// <param name="Since">When later WAL arrived.</param>
/// <param name="CutOff">The base backups whose recovery ends before it.</param>
public sealed record FoundWalGap(string Missing, DateTimeOffset Since, IReadOnlyList<string> CutOff);
