namespace Highwater.Engine.Repository;

/// <summary>A repository that may be out of reach: it is opened by whoever needs it.</summary>
/// <param name="Name">What operators call it.</param>
/// <param name="Address">Where it is.</param>
/// <param name="OpenAsync">Opens it. The storage stays the caller's.</param>
public sealed record RepositorySource(
    string Name, string Address, Func<CancellationToken, Task<BackupRepository>> OpenAsync);
