namespace Highwater.CrashTarget;

/// <summary>How a scenario ended. Equal whether it was interrupted or not.</summary>
public sealed record ScenarioResult(
    string Status,
    string? Output,
    string? CustomStatus,
    string? Failure,
    DateTimeOffset CreatedAt,
    DateTimeOffset EndedAt);
