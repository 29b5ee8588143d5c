namespace Highwater.Engine.Diagnostics;

/// <summary>A report with what it was made of.</summary>
/// <param name="Report">What it says.</param>
/// <param name="Inventories">For each of its repositories; null for one that could not be read.</param>
internal sealed record StatusReading(StatusReport Report, IReadOnlyList<RepositoryInventory?> Inventories);
