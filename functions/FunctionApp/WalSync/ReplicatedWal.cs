namespace Highwater.FunctionApp.WalSync;

/// <summary>What one sync brought to one other repository.</summary>
/// <param name="Files">Files it has now that it had not before.</param>
/// <param name="Remaining">Files of the local repository it still lacks.</param>
/// <param name="Faults">Why those remain, each with its remedy.</param>
public sealed record ReplicatedWal(int Files, int Remaining, IReadOnlyList<string> Faults);
