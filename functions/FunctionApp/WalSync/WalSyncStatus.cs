namespace Highwater.FunctionApp.WalSync;

/// <summary>The custom status of a WAL sync that has more to do than one pass.</summary>
/// <param name="Pass">How many passes it has begun.</param>
/// <param name="Archived">Files taken from the spool so far.</param>
/// <param name="Replicated">Each repository that is being brought level, with what it still lacks.</param>
public sealed record WalSyncStatus(int Pass, int Archived, IReadOnlyList<ReplicatedWal> Replicated);
