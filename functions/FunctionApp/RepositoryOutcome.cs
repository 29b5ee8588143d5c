namespace Highwater.FunctionApp;

/// <summary>How the work on one repository ended.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Error">Why it is not complete, with the remedy; null if it is.</param>
/// <param name="PruneError">Why nothing was pruned, with the remedy; the next run prunes. Null if it was.</param>
public sealed record RepositoryOutcome(string Repository, string? Error, string? PruneError = null);
