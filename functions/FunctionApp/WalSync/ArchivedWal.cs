namespace Highwater.FunctionApp.WalSync;

/// <summary>What one sync took from the spool.</summary>
/// <param name="Files">Segments and history files now durable in the local repository.</param>
/// <param name="Bytes">Their plain bytes.</param>
/// <param name="Faults">What did not get in, each with its reason and remedy.</param>
/// <param name="LocalRepository">Name of the repository that has them now.</param>
/// <param name="OtherRepositories">Names of the repositories to bring level.</param>
public sealed record ArchivedWal(
    int Files,
    long Bytes,
    IReadOnlyList<string> Faults,
    string LocalRepository,
    IReadOnlyList<string> OtherRepositories);
