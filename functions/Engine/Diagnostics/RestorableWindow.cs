using Highwater.Engine.Repository;

namespace Highwater.Engine.Diagnostics;

/// <summary>Between which moments a repository can be restored to any second.</summary>
/// <param name="From">When the oldest base backup of the unbroken stretch ended, UTC.</param>
/// <param name="Oldest">That base backup.</param>
/// <param name="To">The newest end of a transaction in its WAL, by the server's clock; null if there is none.</param>
public sealed record RestorableWindow(DateTimeOffset From, BackupId Oldest, DateTimeOffset? To);
