namespace Highwater.FunctionApp.BaseBackup;

/// <summary>How a run ended.</summary>
/// <param name="Backup">The base backup taken.</param>
/// <param name="Repositories">Each repository in turn, <c>local</c> first.</param>
public sealed record BaseBackupOutcome(TakenBackup Backup, IReadOnlyList<RepositoryOutcome> Repositories);
