namespace Highwater.EndToEnd.Tests;

/// <summary>A step of a base backup that holds a lease while it runs, and leaves it there when it dies.</summary>
public sealed class LeasedStep(string purpose, string repository)
{
    private string[] _before = [];

    /// <summary>Forgets the leases that are there now: they are of others, or of the dead.</summary>
    public void Watch() => _before = Leases();

    /// <summary>Whether there is a lease that was not there when the watch began.</summary>
    public bool IsUnderWay() => Leases().Except(_before).Any();

    public override string ToString() => $"{purpose} of {repository}";

    private string[] Leases() => RepositoryFiles.Below(repository, "leases")
        .Where(name => Path.GetFileName(name).StartsWith(purpose + "-", StringComparison.Ordinal)).ToArray();
}
