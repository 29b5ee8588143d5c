using Highwater.Engine.Repository;

namespace Highwater.Engine.Restore;

/// <summary>A repository that may be out of reach: opened only when it is asked.</summary>
/// <param name="Name">What the operator calls it.</param>
/// <param name="OpenAsync">Opens it; called at most once per use. The caller keeps ownership of its storage.</param>
public sealed record RepositorySource(string Name, Func<CancellationToken, Task<BackupRepository>> OpenAsync);
