namespace Highwater.Engine.Retention;

/// <summary>What a prune did, or with <see cref="DryRun"/> would do.</summary>
/// <param name="Repository">Its name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="DryRun">Whether nothing was deleted.</param>
/// <param name="Plan">What goes and what stays.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record PruneReport(
    string Repository, string Address, bool DryRun, RetentionPlan Plan, TimeSpan Elapsed);
