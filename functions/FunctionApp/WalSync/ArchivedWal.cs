namespace Highwater.FunctionApp.WalSync;

/// <summary>What one pass took from the spool.</summary>
/// <param name="Files">Segments and history files now durable in the local repository.</param>
/// <param name="Bytes">Their plain bytes.</param>
/// <param name="Faults">What did not get in, each with its reason and remedy.</param>
/// <param name="LocalRepository">Name of the repository that has them now.</param>
/// <param name="OtherRepositories">Names of the repositories to bring level.</param>
/// <param name="NextPassIn">How long what is archived from now on may wait in the spool.</param>
public sealed record ArchivedWal(
    int Files,
    long Bytes,
    IReadOnlyList<string> Faults,
    string LocalRepository,
    IReadOnlyList<string> OtherRepositories,
    TimeSpan NextPassIn)
{
    /// <summary>Both passes in one. A file that stays in the spool has the same fault in each.</summary>
    public ArchivedWal Plus(ArchivedWal next) => next with
    {
        Files = Files + next.Files,
        Bytes = Bytes + next.Bytes,
        Faults = [.. Faults.Union(next.Faults)],
    };
}
