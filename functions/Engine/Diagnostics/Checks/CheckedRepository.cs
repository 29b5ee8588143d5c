namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>What is known of one repository.</summary>
/// <param name="Status">As <see cref="ReadStatus"/> reads it.</param>
/// <param name="Arrival">How the marked WAL segment came into it; null if none was marked.</param>
/// <param name="Growth">Null while it cannot be told.</param>
public sealed record CheckedRepository(RepositoryStatus Status, WalArrival? Arrival, RepositoryGrowth? Growth);
