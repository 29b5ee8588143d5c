namespace Highwater.Engine.Verification;

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Severity">What it means for restores.</param>
/// <param name="Key">The object in the repository, or the folder where one is missing.</param>
/// <param name="Problem">What is wrong with it, as a sentence.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="Repaired">Whether it was put right during this verification.</param>
public sealed record VerificationFinding(
    FindingSeverity Severity, string Key, string Problem, string Remedy, bool Repaired = false);
