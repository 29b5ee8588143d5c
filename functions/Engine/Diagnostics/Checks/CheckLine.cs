namespace Highwater.Engine.Diagnostics.Checks;

/// <summary>What was found for one criterion.</summary>
/// <param name="Criterion">Its stable name, for instance <c>wal-arrival</c>.</param>
/// <param name="Subject">The repository it is about, or null.</param>
/// <param name="Level">How well it is met.</param>
/// <param name="Text">What was found, as a sentence with its values.</param>
/// <param name="Remedy">What to do; never null where it is not met.</param>
public sealed record CheckLine(
    string Criterion, string? Subject, StatusLevel Level, string Text, string? Remedy = null);
