namespace Highwater.FunctionApp.WalSync;

/// <summary>What was brought to one other repository.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Files">Files it has now that it had not before.</param>
/// <param name="Bytes">What was sent.</param>
/// <param name="Remaining">Files of the local repository it still lacks.</param>
/// <param name="RemainingBytes">Their bytes.</param>
/// <param name="Faults">Why some of those cannot go there, each with its remedy.</param>
public sealed record ReplicatedWal(
    string Repository, int Files, long Bytes, int Remaining, long RemainingBytes, IReadOnlyList<string> Faults)
{
    /// <summary>Before the first pass.</summary>
    public static ReplicatedWal Nothing(string repository) => new(repository, 0, 0, 0, 0, []);

    /// <summary>Both passes in one: what remains is what the later one says.</summary>
    public ReplicatedWal Plus(ReplicatedWal next) =>
        next with { Files = Files + next.Files, Bytes = Bytes + next.Bytes };
}
