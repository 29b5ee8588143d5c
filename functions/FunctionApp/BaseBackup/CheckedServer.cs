namespace Highwater.FunctionApp.BaseBackup;

/// <summary>What the orchestration needs to know after the server was checked.</summary>
/// <param name="OtherRepositories">Names of the repositories that receive a copy after <c>local</c>.</param>
public sealed record CheckedServer(IReadOnlyList<string> OtherRepositories);
