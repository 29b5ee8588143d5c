namespace Highwater.FunctionApp.WalSync;

/// <summary>How a WAL sync ended.</summary>
/// <param name="Archived">From the spool.</param>
/// <param name="Repositories">Each repository in turn, <c>local</c> first.</param>
public sealed record WalSyncOutcome(ArchivedWal Archived, IReadOnlyList<RepositoryOutcome> Repositories);
