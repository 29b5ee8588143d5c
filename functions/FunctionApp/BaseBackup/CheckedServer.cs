namespace Highwater.FunctionApp.BaseBackup;

/// <summary>What the orchestration needs to know after the server was checked.</summary>
/// <param name="BackupId">The id the base backup is to have; no other one has it.</param>
/// <param name="LocalRepository">Name of the repository that is written first.</param>
/// <param name="OtherRepositories">Names of the repositories that receive a copy after it.</param>
public sealed record CheckedServer(
    string BackupId, string LocalRepository, IReadOnlyList<string> OtherRepositories);
