namespace Highwater.FunctionApp.WalSync;

/// <summary>How a WAL sync ended: its figures are those of all its passes.</summary>
/// <param name="Archived">From the spool.</param>
/// <param name="Repositories">Each repository in turn, <c>local</c> first.</param>
/// <param name="Replicated">Each of the others in turn.</param>
/// <param name="Gap">WAL that is lost, if no restorable base backup lies beyond or was begun since; otherwise
/// null.</param>
/// <param name="BaseBackupBegun">Whether one was begun because of it; false if one runs or was begun a short while ago,
/// null if it could not be begun.</param>
public sealed record WalSyncOutcome(
    ArchivedWal Archived,
    IReadOnlyList<RepositoryOutcome> Repositories,
    IReadOnlyList<ReplicatedWal> Replicated,
    FoundWalGap? Gap = null,
    bool? BaseBackupBegun = null);
